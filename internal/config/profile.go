package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Profile is laid over the rest of the file while it is in force: maps key by key,
// lists and single values replaced.
type Profile struct {
	// When has the profile in force without being asked for.
	When     When               `yaml:"when"`
	Images   map[string]Image   `yaml:"images"`
	Releases map[string]Release `yaml:"releases"`
	Forward  []Forward          `yaml:"forward"`
	Drift    string             `yaml:"drift"`
	Push     string             `yaml:"push"`
	Keep     Keep               `yaml:"keep"`
}

// When is a condition. All that is given must hold; the empty one never does.
type When struct {
	Context string `yaml:"context"` // regular expression that the whole context's name matches
	Env     string `yaml:"env"`     // NAME=regular expression that the whole variable matches
}

// Choice says which profiles are in force.
type Choice struct {
	// Profiles are asked for by name; one with a minus before it is not in force
	// although its condition holds. Later ones win.
	Profiles []string
	// Context is the name of the kubeconfig context, asked for where a condition
	// needs it; empty where there is none. nil: no condition on it holds.
	Context func() string
}

// active lists the profiles in force: by their conditions in the order of the file,
// then those asked for.
func (c Choice) active(p *Project, s source) ([]string, error) {
	var names, active, off []string
	if m := mapping(s.at("profiles")); m != nil && len(p.Profiles) > 0 {
		for _, v := range m.Values {
			if name := v.Key.GetToken().Value; slices.Contains(p.ProfileNames(), name) {
				names = append(names, name)
			}
		}
	}
	for _, asked := range c.Profiles {
		name := strings.TrimPrefix(asked, "-")
		if _, there := p.Profiles[name]; !there {
			there := "it has none"
			if len(names) > 0 {
				there = suggest(name, names, "it has "+strings.Join(names, ", "))
			}
			return nil, &Error{File: s.path, Message: fmt.Sprintf("there is no profile %q", name), Hint: there}
		}
		if name != asked {
			off = append(off, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(off, name) && p.Profiles[name].When.holds(c.Context) {
			active = append(active, name)
		}
	}
	for _, asked := range c.Profiles {
		if !strings.HasPrefix(asked, "-") {
			active = append(slices.DeleteFunc(active, func(n string) bool { return n == asked }), asked)
		}
	}
	return active, nil
}

func (w When) holds(context func() string) bool {
	if w == (When{}) {
		return false
	}
	if w.Context != "" && (context == nil || !matches(w.Context, context())) {
		return false
	}
	name, pattern, _ := strings.Cut(w.Env, "=")
	return w.Env == "" || matches(pattern, os.Getenv(name))
}

// matches: the whole text is like the pattern, which was checked before.
func matches(pattern, text string) bool {
	re, err := whole(pattern)
	return err == nil && re.MatchString(text)
}

func whole(pattern string) (*regexp.Regexp, error) { return regexp.Compile("^(?:" + pattern + ")$") }

// checkProfiles checks the conditions of all profiles, in force or not.
func checkProfiles(p *Project, s source) error {
	for _, name := range p.ProfileNames() {
		at := func(keys ...string) []string { return append([]string{"profiles", name}, keys...) }
		if !dnsLabel.MatchString(name) {
			return s.errorf(at(), "use lower-case letters, digits and dashes", "%q cannot be the name of a profile", name)
		}
		w := p.Profiles[name].When
		if s.has(at("when")...) && w == (When{}) {
			return s.errorf(at("when"), "write it as in when: {context: minikube}, or remove it", "when: of profile %s says nothing", name)
		}
		if _, err := whole(w.Context); err != nil {
			return s.errorf(at("when", "context"), "write it as in minikube|kind-.*", "profile %s: %q is no regular expression", name, w.Context)
		}
		variable, pattern, ok := strings.Cut(w.Env, "=")
		if _, err := whole(pattern); w.Env != "" && (!ok || err != nil || !envName.MatchString(variable)) {
			return s.errorf(at("when", "env"), "write it as in CI=true, with a regular expression behind the =", "profile %s: %q is no condition on a variable", name, w.Env)
		}
	}
	return nil
}

// with is the file with the profiles laid over it. Nodes keep their places in the
// text, so errors point at whichever part of the file is wrong.
func (s source) with(profiles []string) source {
	root := mapping(s.file.Docs[0].Body)
	for _, name := range profiles {
		over := mapping(s.at("profiles", name))
		if over == nil {
			continue
		}
		part := *over
		part.Values = slices.DeleteFunc(slices.Clone(over.Values), func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == "when" })
		root = laid(root, &part)
	}
	doc := *s.file.Docs[0]
	doc.Body = root
	s.file = &ast.File{Name: s.file.Name, Docs: []*ast.DocumentNode{&doc}}
	return s
}

// laid is one map over another, map by map; neither is changed.
func laid(below, over *ast.MappingNode) *ast.MappingNode {
	out := *below
	out.Values = slices.Clone(below.Values)
	for _, v := range over.Values {
		i := slices.IndexFunc(out.Values, func(w *ast.MappingValueNode) bool { return w.Key.GetToken().Value == v.Key.GetToken().Value })
		if i < 0 {
			out.Values = append(out.Values, v)
			continue
		}
		a, b := mapping(out.Values[i].Value), mapping(v.Value)
		if a == nil || b == nil {
			out.Values[i] = v
			continue
		}
		both := *v
		both.Value = laid(a, b)
		out.Values[i] = &both
	}
	return &out
}

// mapping is a node as a map, or nil.
func mapping(n ast.Node) *ast.MappingNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n
	case *ast.MappingValueNode:
		return ast.Mapping(n.Start, false, n)
	case *ast.AnchorNode:
		return mapping(n.Value)
	}
	return nil
}

// overlaid reads the project again with the profiles in force laid over it.
func overlaid(p *Project, s source, c Choice) (*Project, source, error) {
	active, err := c.active(p, s)
	if err != nil || len(active) == 0 {
		return p, s, err
	}
	s = s.with(active)
	out := &Project{File: p.File, Dir: p.Dir, Active: active}
	if err := yaml.NodeToValue(s.file.Docs[0].Body, out, yaml.Strict()); err != nil {
		return nil, s, fromYAML(s.path, s.data, err, knownKeys())
	}
	return out, s, nil
}
