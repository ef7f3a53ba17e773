package config

import (
	"maps"
	"slices"
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
	// AllowContexts are kubeconfig contexts that devloop may write to although
	// they are not local.
	AllowContexts []string `yaml:"allowContexts"`

	// File is the absolute path of the devloop.yaml, Dir its folder.
	File string `yaml:"-"`
	Dir  string `yaml:"-"`
}

// Image says how one image is built.
type Image struct {
	Context    string            `yaml:"context"`    // folder; required
	Dockerfile string            `yaml:"dockerfile"` // relative to the context; default Dockerfile
	Target     string            `yaml:"target"`     // stage of the Dockerfile; default the last
	Args       map[string]string `yaml:"args"`       // build arguments
	Platform   string            `yaml:"platform"`   // like linux/arm64; default the daemon's
	// Prebuild is a command that runs on the host, in the context folder, before
	// the build. It runs when any file of the context folder changed; what it
	// writes never triggers the loop.
	Prebuild []string `yaml:"prebuild"`
}

// Release says what is deployed as one Helm release.
type Release struct {
	Chart           string            `yaml:"chart"`     // folder or .tgz; required
	Namespace       string            `yaml:"namespace"` // default: the context's namespace
	CreateNamespace bool              `yaml:"createNamespace"`
	Values          []string          `yaml:"values"` // files; later ones win
	Set             map[string]any    `yaml:"set"`    // dotted key -> value; wins over the files
	Images          map[string]string `yaml:"images"` // dotted chart value -> image of this project
	Needs           []string          `yaml:"needs"`  // releases that must be ready before this one
	Hooks           string            `yaml:"hooks"`  // when Helm's hooks run: auto (default), always or never
}

// Forward makes a port of a service reachable on this machine.
type Forward struct {
	Release string `yaml:"release"`
	Service string `yaml:"service"`
	Port    int    `yaml:"port"`  // of the service
	Local   int    `yaml:"local"` // on this machine; default the same number
}

// ImageNames lists the images by name, sorted.
func (p *Project) ImageNames() []string { return slices.Sorted(maps.Keys(p.Images)) }

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
