package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// APIVersion is what devloop.yaml must say in apiVersion.
const APIVersion = "devloop/v1"

// DefaultFile is the name devloop looks for in the current folder.
const DefaultFile = "devloop.yaml"

// What is done about drift: put back, told, or nothing.
const (
	DriftCorrect = "correct"
	DriftWarn    = "warn"
	DriftOff     = "off"
)

// Project is a devloop.yaml. After Load all paths in it are absolute.
type Project struct {
	APIVersion string             `yaml:"apiVersion"`
	Name       string             `yaml:"project"`
	Images     map[string]Image   `yaml:"images"`
	Releases   map[string]Release `yaml:"releases"`
	Forward    []Forward          `yaml:"forward"`
	// Drift says what is done about objects that somebody else deletes or edits
	// while devloop up runs: DriftCorrect (the default), DriftWarn or DriftOff.
	Drift string `yaml:"drift"`
	// Push is a registry's name with a path that images are pushed to, as in
	// registry.example.com/team. Default: images go to the cluster some other way.
	Push string `yaml:"push"`
	// Keep says how many old images stay.
	Keep Keep `yaml:"keep"`
	// AllowContexts are kubeconfig contexts that devloop may write to although
	// they are not local.
	AllowContexts []string `yaml:"allowContexts"`
	// Profiles are laid over the rest of the file while they are in force.
	Profiles map[string]Profile `yaml:"profiles"`

	// Active are the names of the profiles in force, the first one lowest.
	Active []string `yaml:"-"`
	// File is the absolute path of the devloop.yaml, Dir its folder.
	File string `yaml:"-"`
	Dir  string `yaml:"-"`
}

// Keep is the budget for images that devloop built and that nothing uses any more.
type Keep struct {
	Images int    `yaml:"images"` // the newest of each name; default 5
	Size   string `yaml:"size"`   // of all together, as in 10GB; the default

	Bytes int64 `yaml:"-"` // of Size
}

// Image says how one image is built.
type Image struct {
	Context    string            `yaml:"context"`    // folder; required
	Dockerfile string            `yaml:"dockerfile"` // relative to the context; default Dockerfile
	Target     string            `yaml:"target"`     // stage of the Dockerfile; default the last
	Args       map[string]string `yaml:"args"`       // build arguments
	Platform   string            `yaml:"platform"`   // like linux/arm64; default the daemon's
	// Secrets are for RUN --mount=type=secret. What they hold is no input.
	Secrets []Secret `yaml:"secrets"`
	// SSH are agents for RUN --mount=type=ssh: default, another id, or id=socket.
	SSH []string `yaml:"ssh"`
	// Prebuild is a command that runs on the host, in the context folder, before
	// the build. It runs when any file of the context folder changed; what it
	// writes never triggers the loop.
	Prebuild []string `yaml:"prebuild"`

	// Go is the package of a Go program, relative to the context. It makes an image
	// without a Dockerfile, by the keys that follow; see build.GoBuild.
	Go      string            `yaml:"go"`
	Base    string            `yaml:"base"` // default scratch
	Flags   []string          `yaml:"flags"`
	Ldflags []string          `yaml:"ldflags"`
	Env     map[string]string `yaml:"env"`
	User    string            `yaml:"user"`
	Ports   []int             `yaml:"ports"`
	// Custom is a command that makes the image in place of docker; it is told the
	// reference by the variable IMAGE.
	Custom []string `yaml:"custom"`
	// Sync are files that are copied into running containers in place of a build.
	Sync []Sync `yaml:"sync"`
}

// Sync says which files of an image are copied into its running containers.
type Sync struct {
	// From is a pattern below the context, with *, ?, [], {} and **. What comes
	// before its first wildcard is no part of the names in the container. Without
	// one it names a file, or a folder with all below.
	From string   `yaml:"from"`
	To   string   `yaml:"to"`   // absolute folder in the container
	Exec []string `yaml:"exec"` // command that runs in the container after the copy
	// Restart is a signal for the container's first process after the copy, as HUP.
	Restart string `yaml:"restart"`
}

// Secret is something a build may read and that is not kept. It comes from a file
// or from an environment variable of devloop.
type Secret struct {
	ID   string `yaml:"id"`
	File string `yaml:"file"` // may begin with ~/
	Env  string `yaml:"env"`
}

// Release says what is deployed as one Helm release.
type Release struct {
	Chart           string            `yaml:"chart"`     // folder or .tgz; required
	Namespace       string            `yaml:"namespace"` // default: the context's namespace
	CreateNamespace bool              `yaml:"createNamespace"`
	Values          []string          `yaml:"values"`  // files; later ones win
	Set             map[string]any    `yaml:"set"`     // dotted key -> value; wins over the files
	SetFile         map[string]string `yaml:"setFile"` // dotted key -> file whose text is the value; wins over set
	Images          map[string]string `yaml:"images"`  // dotted chart value -> image of this project
	Needs           []string          `yaml:"needs"`   // releases that must be ready before this one
	Hooks           string            `yaml:"hooks"`   // when Helm's hooks run: auto (default), always or never
}

// Forward makes a port of a service reachable on this machine.
type Forward struct {
	Release string `yaml:"release"`
	// Service is the name of a service, or KIND/NAME of what runs the pods.
	Service string `yaml:"service"`
	Port    Port   `yaml:"port"` // of the service; of a container for KIND/NAME
	// Local is on this machine. Default the same number; 0 after Load means any that
	// is free, for a port by name.
	Local int `yaml:"local"`
}

// In is the namespace that the release goes to: its own, or else that of the
// kubeconfig context.
func (r Release) In(context string) string { return cmp.Or(r.Namespace, context) }

// ImageNames lists the images by name, sorted.
func (p *Project) ImageNames() []string { return slices.Sorted(maps.Keys(p.Images)) }

// ProfileNames lists the profiles by name, sorted.
func (p *Project) ProfileNames() []string { return slices.Sorted(maps.Keys(p.Profiles)) }

// InForce says in words which profiles are in force.
func (p *Project) InForce() string {
	switch len(p.Active) {
	case 0:
		return "no profile is in force"
	case 1:
		return "profile " + p.Active[0] + " is in force"
	}
	return "profiles " + strings.Join(p.Active, ", ") + " are in force"
}

// ReleaseNames lists the releases so that each comes after those it needs, and
// by name where that leaves a choice.
func (p *Project) ReleaseNames() []string {
	var order []string
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		r, ok := p.Releases[name]
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		for _, n := range slices.Sorted(slices.Values(r.Needs)) {
			visit(n)
		}
		order = append(order, name)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Releases)) {
		visit(name)
	}
	return order
}
