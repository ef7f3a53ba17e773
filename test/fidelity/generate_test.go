//go:build sandbox

package fidelity

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// generatedFile is the template that generated steps add, change and remove.
const generatedFile = "templates/zz-generated.yaml"

// generated takes the chart through edits that nobody chose for it: the same
// ones in each run, as the chart's name is the seed.
func (s *series) generated(t *testing.T) {
	s.base = s.project.values
	rounds := 1
	// A chart that does not install is not worth more than one.
	if full() && len(s.after[0].history.runs) > 0 {
		rounds = 5
	}
	for range rounds {
		s.step(t, s.generate())
	}
}

// generate makes up the next step from what there is.
func (s *series) generate() step {
	s.rounds++
	makers := []func() (step, bool){
		s.addOrChange, s.addOrChange, s.removeGenerated, s.otherValue, s.otherValue, s.templateComment,
		s.manifestComment, s.chartVersion, s.nothing, s.templateGoes, s.labelByHand, s.deletedByHand,
	}
	for {
		if st, ok := makers[s.random.IntN(len(makers))](); ok {
			st.generated = true
			st.Name = fmt.Sprintf("generated %d: %s", s.rounds, st.Name)
			return st
		}
	}
}

// object is a template of its own, different in each round.
func (s *series) object() map[string]string {
	return map[string]string{generatedFile: fmt.Sprintf(
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: generated\n  labels: {round: r%d, side%d: x}\ndata: {round: %q, key%d: x}\n",
		s.rounds, s.rounds%2, fmt.Sprint(s.rounds), s.rounds%3)}
}

func (s *series) addOrChange() (step, bool) {
	return step{Name: "an object is added or changed", Write: s.object()}, s.project.archive == ""
}

func (s *series) removeGenerated() (step, bool) {
	_, ok := s.project.files[generatedFile]
	return step{Name: "an object goes", Remove: []string{generatedFile}}, ok
}

func (s *series) nothing() (step, bool) { return step{Name: "nothing"}, true }

// templates are the files that make objects, helpers and notes not counted.
func (s *series) templates() []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(s.project.files)) {
		if strings.HasPrefix(path, "templates/") && path != generatedFile &&
			(strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")) {
			out = append(out, path)
		}
	}
	return out
}

func (s *series) append(name, format string) (step, bool) {
	paths := s.templates()
	if len(paths) == 0 {
		return step{}, false
	}
	path := paths[s.random.IntN(len(paths))]
	text := s.project.files[path] + fmt.Sprintf(format, s.rounds)
	return step{Name: name + " in " + path, Write: map[string]string{path: text}}, true
}

func (s *series) templateComment() (step, bool) {
	return s.append("a comment for the template engine", "{{/* round %d */}}")
}

func (s *series) manifestComment() (step, bool) {
	return s.append("a YAML comment", "\n# round %d\n")
}

func (s *series) templateGoes() (step, bool) {
	paths := s.templates()
	if len(paths) < 2 {
		return step{}, false
	}
	path := paths[s.random.IntN(len(paths))]
	return step{Name: path + " goes", Remove: []string{path}}, true
}

var versionLine = regexp.MustCompile(`(?m)^version:.*$`)

func (s *series) chartVersion() (step, bool) {
	text := s.project.files["Chart.yaml"]
	text = versionLine.ReplaceAllString(text, fmt.Sprintf("version: 7.0.%d", s.rounds))
	return step{Name: "the chart's version", Write: map[string]string{"Chart.yaml": text}}, s.project.archive == ""
}

// otherValue overrides one of the chart's own values with another of its type.
func (s *series) otherValue() (step, bool) {
	var defaults map[string]any
	if err := yaml.Unmarshal([]byte(s.project.files["values.yaml"]), &defaults); err != nil && s.project.archive == "" {
		return step{}, false
	}
	path, old := "generated", any("x")
	if leaves := leaves("", defaults); len(leaves) > 0 {
		path = slices.Sorted(maps.Keys(leaves))[s.random.IntN(len(leaves))]
		old = leaves[path]
	}
	var v any
	switch old := old.(type) {
	case bool:
		v = !old
	case float64:
		v = old + 1
	default:
		v = fmt.Sprintf("round%d", s.rounds)
	}
	vals := with(s.base, strings.Split(path, "\x00"), v)
	return step{Name: fmt.Sprintf("value %s is %v", strings.ReplaceAll(path, "\x00", "."), v), Values: &vals}, true
}

// leaves are the scalars of a tree, by path.
func leaves(prefix string, tree map[string]any) map[string]any {
	out := map[string]any{}
	for key, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			maps.Copy(out, leaves(prefix+key+"\x00", v))
		case string, bool, float64:
			out[prefix+key] = v
		}
	}
	return out
}

// with is a copy of a tree with one value set.
func with(tree map[string]any, path []string, v any) map[string]any {
	tree = maps.Clone(tree)
	if tree == nil {
		tree = map[string]any{}
	}
	if len(path) == 1 {
		tree[path[0]] = v
		return tree
	}
	below, _ := tree[path[0]].(map[string]any)
	tree[path[0]] = with(below, path[1:], v)
	return tree
}

// pick chooses one of the release's objects, as resource.group/name.
func (s *series) pick() (string, bool) {
	var refs []string
	for key, o := range s.after[0].objects {
		kind, rest, _ := strings.Cut(key, "/")
		ns, name, _ := strings.Cut(rest, "/")
		if annotations(o)["meta.helm.sh/release-name"] != nil && ns == "NS" {
			refs = append(refs, strings.TrimSuffix(kind, ".")+"/"+strings.ReplaceAll(name, "NS", placeholder))
		}
	}
	if len(refs) == 0 {
		return "", false
	}
	return sorted(refs)[s.random.IntN(len(refs))], true
}

// labelByHand also changes the chart: an unchanged one is left alone by devloop.
func (s *series) labelByHand() (step, bool) {
	ref, ok := s.pick()
	label := map[string]any{"metadata": map[string]any{"labels": map[string]any{"by-hand": fmt.Sprint(s.rounds), "app.kubernetes.io/managed-by": nil}}}
	return step{Name: ref + " labelled by hand", Write: s.object(), Live: []liveEdit{{Patch: ref, Type: "merge", With: label}}}, ok && s.project.archive == ""
}

func (s *series) deletedByHand() (step, bool) {
	ref, ok := s.pick()
	return step{Name: ref + " deleted by hand", Live: []liveEdit{{Delete: ref}}}, ok
}
