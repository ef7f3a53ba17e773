package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

var (
	// A release's name is at most 53 characters in Helm, a namespace's 63 in Kubernetes.
	dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	// The grammar of a repository name of the OCI distribution specification.
	// A registry's host, with a dot, a port or localhost to tell it from a path, and a path.
	pushPrefix = regexp.MustCompile(`^(localhost|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9.-]+:[0-9]+|localhost:[0-9]+)(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	imageName  = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
)

// at finds the node of a key path; where the path itself is missing, the
// nearest one above it.
func (s source) at(keys ...string) ast.Node {
	for n := len(keys); n > 0; n-- {
		b := (&yaml.PathBuilder{}).Root()
		for _, k := range keys[:n] {
			if i, ok := indexOf(k); ok {
				b = b.Index(i)
				continue
			}
			b = b.Child(k)
		}
		if node, err := b.Build().FilterFile(s.file); err == nil && node != nil {
			return node
		}
	}
	if len(s.file.Docs) > 0 {
		return s.file.Docs[0].Body
	}
	return nil
}

// index is the key of a list's entry, counted from 0, in a path for at.
func index(i int) string { return fmt.Sprintf("[%d]", i) }

func indexOf(key string) (uint, bool) {
	var i uint
	n, err := fmt.Sscanf(key, "[%d]", &i)
	return i, n == 1 && err == nil
}

func (s source) errorf(keys []string, hint, format string, args ...any) *Error {
	return s.errorAt(s.at(keys...), fmt.Sprintf(format, args...), hint)
}

func check(p *Project, s source) error {
	switch {
	case p.APIVersion == "":
		return s.errorf([]string{"apiVersion"}, "begin the file with: apiVersion: "+APIVersion, "apiVersion is missing")
	case p.APIVersion != APIVersion:
		return s.errorf([]string{"apiVersion"}, "this devloop reads "+APIVersion, "apiVersion %q is not known", p.APIVersion)
	case p.Name == "":
		return s.errorf([]string{"project"}, "give it a name, as in project: hello", "project is missing")
	case !dnsLabel.MatchString(p.Name) || len(p.Name) > 63:
		return s.errorf([]string{"project"}, "use lower-case letters, digits and dashes", "project %q is not a valid name", p.Name)
	case len(p.Releases) == 0 && len(p.Images) == 0:
		return s.errorf([]string{"releases"}, "name at least one release with its chart", "nothing to do: neither releases nor images")
	case !slices.Contains([]string{"", DriftCorrect, DriftWarn, DriftOff}, p.Drift):
		return s.errorf([]string{"drift"}, "it can be correct, warn or off", "drift %q is not known", p.Drift)
	}
	if p.Push == "false" { // of a profile, over another one's
		p.Push = ""
	}
	if p.Push != "" && !pushPrefix.MatchString(p.Push) {
		return s.errorf([]string{"push"}, "write it without https:// and without a tag, as in registry.example.com/team", "push %q is no registry with a path", p.Push)
	}
	if err := checkNumbers(p, s); err != nil {
		return err
	}
	if err := checkKeep(p, s); err != nil {
		return err
	}
	for _, name := range p.ImageNames() {
		if err := checkImage(name, p.Images[name], s); err != nil {
			return err
		}
	}
	for _, name := range p.ReleaseNames() {
		if err := checkRelease(p, name, s); err != nil {
			return err
		}
	}
	if cycle := findCycle(p); cycle != nil {
		return s.errorf([]string{"releases", cycle[0], "needs"}, "remove one of these needs",
			"releases wait for each other: %s", strings.Join(cycle, " -> "))
	}
	return checkForwards(p, s)
}

// checkNumbers refuses fractions, which the YAML library cuts off.
func checkNumbers(p *Project, s source) error {
	places := [][]string{{"keep", "images"}}
	for i := range p.Forward {
		places = append(places, []string{"forward", index(i), "port"}, []string{"forward", index(i), "local"})
	}
	for _, name := range p.ImageNames() {
		for i := range p.Images[name].Ports {
			places = append(places, []string{"images", name, "ports", index(i)})
		}
	}
	for _, keys := range places {
		if number, is := s.at(keys...).(*ast.FloatNode); is {
			return s.errorf(keys, "write a whole number", "%s: %s is none", strings.ReplaceAll(strings.Join(keys, "."), ".[", "["), number.String())
		}
	}
	return nil
}

func checkImage(name string, im Image, s source) error {
	at := []string{"images", name}
	if !imageName.MatchString(name) {
		return s.errorf(at, "use lower-case letters, digits and . _ - /", "%q cannot be the name of an image", name)
	}
	if im.Context == "" {
		return s.errorf(at, "name the folder with the Dockerfile, as in context: "+name, "image %s has no context", name)
	}
	if im.Prebuild != nil && len(im.Prebuild) == 0 {
		return s.errorf(append(at, "prebuild"), "name the command and its arguments, as in [make, bin], or remove the key", "image %s has an empty prebuild", name)
	}
	if err := checkBuilder(name, im, s); err != nil {
		return err
	}
	if err := checkSync(name, im, s); err != nil {
		return err
	}
	return checkSecrets(name, im, s)
}

func checkRelease(p *Project, name string, s source) error {
	r := p.Releases[name]
	at := func(keys ...string) []string { return append([]string{"releases", name}, keys...) }
	if !dnsLabel.MatchString(name) || len(name) > 53 {
		return s.errorf(at(), "Helm takes lower-case letters, digits and dashes, at most 53", "%q cannot be the name of a release", name)
	}
	if r.Chart == "" {
		return s.errorf(at(), "name the chart's folder, as in chart: chart", "release %s has no chart", name)
	}
	if r.Namespace != "" && (!dnsLabel.MatchString(r.Namespace) || len(r.Namespace) > 63) {
		return s.errorf(at("namespace"), "use lower-case letters, digits and dashes", "namespace %q is not a valid name", r.Namespace)
	}
	if !slices.Contains([]string{"", "auto", "always", "never"}, r.Hooks) {
		return s.errorf(at("hooks"), "it can be auto, always or never", "hooks %q is not known", r.Hooks)
	}
	if slices.Contains(r.Values, "") {
		return s.errorf(at("values"), "write the path of each values file, or remove the entry", "values of release %s names no file", name)
	}
	for _, key := range slices.Sorted(maps.Keys(r.SetFile)) {
		switch {
		case key == "" || strings.ContainsAny(key, "=,"):
			return s.errorf(at("setFile", key), "write it as for helm --set-file, as in app.config", "%q cannot be the key of a value", key)
		case r.SetFile[key] == "":
			return s.errorf(at("setFile", key), "name the file whose text is the value", "setFile of release %s names no file for %s", name, key)
		}
	}
	for key, image := range r.Images {
		if _, ok := p.Images[image]; !ok {
			return s.errorf(at("images", key), suggest(image, p.ImageNames(), "add it under images:"), "release %s uses the image %q, which is not defined", name, image)
		}
	}
	for _, need := range r.Needs {
		if _, ok := p.Releases[need]; !ok {
			return s.errorf(at("needs"), suggest(need, p.ReleaseNames(), "add it under releases:"), "release %s needs %q, which is not defined", name, need)
		}
	}
	return nil
}

func checkForwards(p *Project, s source) error {
	local := map[int]string{}
	for i, f := range p.Forward {
		at := []string{"forward"}
		what := fmt.Sprintf("forward %d (%s)", i+1, f.Service)
		switch {
		case f.Service == "":
			return s.errorf(at, "name the service, as in service: app", "forward %d names no service", i+1)
		case p.Releases[f.Release].Chart == "":
			return s.errorf(at, suggest(f.Release, p.ReleaseNames(), "name a release of this file"), "%s belongs to the release %q, which is not defined", what, f.Release)
		case f.Local < 0 || f.Local > 65535:
			return s.errorf(append(at, index(i), "local"), "ports go from 1 to 65535", "%s has a port out of range", what)
		}
		if err := s.checkPort(append(at, index(i), "port"), what, f.Port); err != nil {
			return err
		}
		port := f.LocalPort()
		if port == 0 {
			continue
		}
		if other, taken := local[port]; taken {
			return s.errorf(at, "give one of them another local:", "%s and %s use the same local port %d", other, f.Service, port)
		}
		local[port] = f.Service
	}
	return nil
}

func findCycle(p *Project) []string {
	var find func(path []string, name string) []string
	find = func(path []string, name string) []string {
		if i := slices.Index(path, name); i >= 0 {
			return append(slices.Clone(path[i:]), name)
		}
		for _, need := range p.Releases[name].Needs {
			if c := find(append(slices.Clone(path), name), need); c != nil {
				return c
			}
		}
		return nil
	}
	for _, name := range p.ReleaseNames() {
		if c := find(nil, name); c != nil {
			return c
		}
	}
	return nil
}
