package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v map[string]any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func drawn(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := map[string]struct{ before, after, want string }{
		"nothing":                     {"a: 1", "a: 1", ""},
		"empty and absent are one":    {"a: 1\nb: {}\nc: []", "a: 1\nd: null", ""},
		"only the way to the field":   {"spec: {replicas: 1, other: 2}\nkind: A", "spec: {replicas: 3, other: 2}\nkind: A", "  spec:\n-   replicas: 1\n+   replicas: 3\n"},
		"a field comes":               {"a: {x: 1}", "a: {x: 1, q: {z: [1]}}", "  a:\n+   q:\n+     z:\n+     - 1\n"},
		"a field goes":                {"a: {x: 1, z: q}", "a: {x: 1}", "  a:\n-   z: q\n"},
		"another type":                {"a: '1'", "a: 1", "- a: \"1\"\n+ a: 1\n"},
		"an item found by its name":   {"c: [{name: a, i: 1}, {name: b, i: 1}]", "c: [{name: b, i: 2}, {name: a, i: 1}]", "  c:\n  - name: b\n-   i: 1\n+   i: 2\n"},
		"an item comes, another goes": {"c: [{name: a, i: 1}]", "c: [{name: b, i: 1}]", "  c:\n- - name: a\n-   i: 1\n+ - name: b\n+   i: 1\n"},
		"items by place":              {"r: [{w: 90, to: {h: a}}, {w: 10}]", "r: [{w: 90, to: {h: b}}, {w: 10}]", "  r:\n  - # item 1\n    to:\n-     h: a\n+     h: b\n"},
		"a list without names":        {"args: [a, b, c]", "args: [a, x, b]", "  args:\n+ - x\n- - c\n"},
		"a text by its lines": {"t: \"1\\n2\\n3\\n4\\n5\\n6\\n\"", "t: \"1\\n2\\n3\\n4\\nfive\\n6\\n\"",
			"  t: |\n    …\n    3\n    4\n-   5\n+   five\n    6\n"},
		"the end of a text":   {"t: \"1\\n2\\n\"", "t: \"1\\n2\"", "  t: |\n    1\n    2\n+   \\ no end of line\n"},
		"a new object":        {"", "kind: A\napiVersion: v1\nb: \"1\\n2\\n\"", "+ apiVersion: v1\n+ kind: A\n+ b: |\n+   1\n+   2\n"},
		"an object that goes": {"kind: A", "", "- kind: A\n"},
		"long values where they differ": {"v: " + long + "1", "v: " + long + "2",
			"- v: …" + strings.Repeat("x", 40) + "1\n+ v: …" + strings.Repeat("x", 40) + "2\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := drawn(Lines(object(t, tt.before), object(t, tt.after)))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("lines (-want +got):\n%s", d)
			}
		})
	}
}

func TestChangesHavePathsThatLeadThere(t *testing.T) {
	before := object(t, `{spec: {c: [{name: a, env: [{name: K, value: x}]}]}, metadata: {labels: {a.b/c: "1"}}, l: [1]}`)
	after := object(t, `{spec: {c: [{name: z}, {name: a, env: [{name: K, value: y}]}]}, metadata: {labels: {a.b/c: "2"}}, l: [1, 2]}`)
	var paths []string
	for _, c := range Changes(before, after) {
		paths = append(paths, c.Path.String())
		if got, _ := c.Path.Lookup(before); !same(got, c.Before) {
			t.Errorf("%s leads to %v before, want %v", c.Path, got, c.Before)
		}
		if got, _ := c.Path.Lookup(after); !same(got, c.After) {
			t.Errorf("%s leads to %v after, want %v", c.Path, got, c.After)
		}
	}
	want := []string{`metadata.labels["a.b/c"]`, "l", "spec.c[a].env[K].value", "spec.c[z]"}
	if d := cmp.Diff(want, paths); d != "" {
		t.Errorf("paths (-want +got):\n%s", d)
	}
	drawnPaths := map[string]bool{}
	for _, l := range Lines(before, after) {
		if l.Op != Same {
			drawnPaths[l.Path] = true
		}
	}
	for _, p := range want {
		if !drawnPaths[p] {
			t.Errorf("no drawn line belongs to %s", p)
		}
	}
}
