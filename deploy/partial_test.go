package deploy

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

// chartOfTemplates is a chart of these files with a subchart.
func chartOfTemplates(files map[string]string, values map[string]any) *chart.Chart {
	ch := &chart.Chart{Metadata: &chart.Metadata{APIVersion: "v2", Name: "c", Version: "1.0.0"}, Values: values}
	sub := &chart.Chart{Metadata: &chart.Metadata{APIVersion: "v2", Name: "sub", Version: "1.0.0"}}
	for name, text := range files {
		f := &chart.File{Name: "templates/" + name, Data: []byte(text)}
		if _, ok := cutSub(name); ok {
			f.Name = "templates/" + name[len("sub/"):]
			sub.Templates = append(sub.Templates, f)
			continue
		}
		ch.Templates = append(ch.Templates, f)
	}
	ch.AddDependency(sub)
	return ch
}

func cutSub(name string) (string, bool) {
	if len(name) > 4 && name[:4] == "sub/" {
		return name[4:], true
	}
	return name, false
}

// renderedFiles renders a chart at a revision, by the engine alone.
func renderedFiles(t *testing.T, ch *chart.Chart, revision int) (chartutil.Values, func(*chart.Chart) (map[string]string, error)) {
	t.Helper()
	values, err := chartutil.ToRenderValues(ch, nil, chartutil.ReleaseOptions{Name: "r", Namespace: "n", Revision: revision, IsUpgrade: revision > 1, IsInstall: revision == 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return values, func(ch *chart.Chart) (map[string]string, error) { return engine.Render(ch, values) }
}

// What is rendered in part must be what is rendered in whole, whatever templates do
// behind each other's back.
func TestPartialRenderingIsTheWholeOne(t *testing.T) {
	helpers := `{{ define "name" }}{{ .Release.Name }}-{{ .Values.v }}{{ end }}`
	for name, c := range map[string]struct {
		files map[string]string
		edits []map[string]string
		few   bool // only some templates are rendered after an edit
	}{
		"an inert template": {
			files: map[string]string{"_h.tpl": helpers, "a.yaml": `{{ include "name" . }}`, "b.yaml": `{{ .Values.v }}`, "c.yaml": "{{ .Chart.Name }}", "sub/d.yaml": `{{ include "name" . }}`},
			edits: []map[string]string{{"b.yaml": "changed {{ .Values.v }}"}, {"sub/d.yaml": "x"}, {"b.yaml": ""}, {}},
			few:   true,
		},
		"a definition": {
			files: map[string]string{"_h.tpl": helpers, "a.yaml": `{{ include "name" . }}`, "b.yaml": `{{ .Values.v }}`},
			edits: []map[string]string{{"_h.tpl": `{{ define "name" }}other{{ end }}`}, {"b.yaml": `{{ define "name" }}of b{{ end }}`}, {"b.yaml": "none"}},
		},
		"included by its path": {
			files: map[string]string{"a.yaml": `{{ include (print $.Template.BasePath "/b.yaml") . | sha256sum }}`, "b.yaml": "one", "c.yaml": `{{ include "c/templates/b.yaml" . }}`, "d.yaml": "x", "e.yaml": `{{ include "c/templates/a.yaml" . }}`},
			edits: []map[string]string{{"b.yaml": "two"}, {"d.yaml": "changed"}},
			few:   true,
		},
		"included by a name from the values": {
			files: map[string]string{"a.yaml": `{{ include .Values.which . }}`, "b.yaml": "one", "d.yaml": "x"},
			edits: []map[string]string{{"b.yaml": "two"}, {"d.yaml": "changed"}},
		},
		"tells the revision": {
			files: map[string]string{"_h.tpl": `{{ define "all" }}{{ toYaml .Release }}{{ end }}`, "a.yaml": `{{ .Release.Revision }}`, "b.yaml": "one", "c.yaml": `{{ include "all" . }}`, "d.yaml": "{{ . | toYaml | sha256sum }}", "e.yaml": "e"},
			edits: []map[string]string{{"b.yaml": "two"}, {}},
		},
		"includes a file and defines something": {
			files: map[string]string{"a.yaml": `{{ define "x" }}x{{ end }}{{ required "nothing" (include "c/templates/b.yaml" .) }}`, "b.yaml": "b", "c.yaml": "c", "d.yaml": "d"},
			edits: []map[string]string{{"c.yaml": "changed"}, {"b.yaml": "two"}},
			few:   true,
		},
		"defines what is also a file": {
			files: map[string]string{"a.yaml": `{{ define "c/templates/b.yaml" }}of a{{ end }}`, "b.yaml": "b", "c.yaml": "c", "d.yaml": `{{ define "c/templates/c.yaml" }}of d{{ end }}`},
			edits: []map[string]string{{"c.yaml": "changed"}, {"b.yaml": "two"}, {"b.yaml": ""}},
		},
		"tells which file of a subchart was the last": {
			files: map[string]string{"a.yaml": `{{ toYaml . }}`, "b.yaml": "b", "sub/x.yaml": "x", "sub/y.yaml": "y"},
			edits: []map[string]string{{"b.yaml": "changed"}, {"sub/y.yaml": "changed"}},
			few:   true,
		},
		"writes into the values": {
			files: map[string]string{"a.yaml": `{{ $_ := set .Values "v" "set" }}`, "b.yaml": "{{ .Values.v }}", "c.yaml": "c {{ .Values.v }}"},
			edits: []map[string]string{{"a.yaml": "no more"}, {"a.yaml": `{{ $_ := set .Values "v" "again" }}`}, {"c.yaml": "{{ .Values.v }}"}},
		},
		"writes into what is no value": {
			files: map[string]string{"a.yaml": "a", "b.yaml": "{{ .Release.Name }}", "sub/c.yaml": `{{ $_ := set .Release "Name" "other" }}`},
			edits: []map[string]string{{"a.yaml": "changed"}, {"sub/c.yaml": "no more"}},
		},
		"a file comes and goes": {
			files: map[string]string{"a.yaml": "a", "b.yaml": "b"},
			edits: []map[string]string{{"n.yaml": "new"}, {"n.yaml": "-"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRenderings()
			values := map[string]any{"v": "1", "which": "c/templates/b.yaml"}
			for i, edit := range append([]map[string]string{{}}, c.edits...) {
				for file, text := range edit {
					if c.files[file] = text; text == "-" {
						delete(c.files, file)
					}
				}
				ch := chartOfTemplates(c.files, values)
				vals, whole := renderedFiles(t, ch, i+1)
				_, again := renderedFiles(t, ch, i+1)
				count := 0
				got, err := r.render("n/r", ch, vals, func(part *chart.Chart) (map[string]string, error) {
					count = templatesIn(part)
					return whole(part)
				})
				if err != nil {
					t.Fatal(err)
				}
				want, err := again(chartOfTemplates(c.files, values))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("edit %d (-whole +partial):\n%s", i, diff)
				}
				if few := count < len(c.files); i > 0 && c.few && !few {
					t.Errorf("edit %d: %d of %d templates were rendered", i, count, len(c.files))
				}
			}
		})
	}
}

func TestPartialRenderingSeesValuesAndFiles(t *testing.T) {
	r := newRenderings()
	files := map[string]string{"a.yaml": `{{ .Values.v }} {{ .Files.Get "x" }} {{ .Chart.Version }}`, "b.yaml": "b"}
	for i, change := range []func(*chart.Chart){
		func(*chart.Chart) {},
		func(ch *chart.Chart) { ch.Values = map[string]any{"v": "2"} },
		func(ch *chart.Chart) { ch.Files = []*chart.File{{Name: "x", Data: []byte("text")}} },
		func(ch *chart.Chart) { ch.Metadata.Version = "2.0.0" },
	} {
		ch := chartOfTemplates(files, map[string]any{"v": "1"})
		change(ch)
		vals, whole := renderedFiles(t, ch, 1)
		got, err := r.render("n/r", ch, vals, whole)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"1  1.0.0", "2  1.0.0", "1 text 1.0.0", "1  2.0.0"}[i]
		if text := got["c/templates/a.yaml"]; text != want {
			t.Errorf("change %d: %q, want %q", i, text, fmt.Sprint(want))
		}
	}
}

// A template that comes out different each time does so however little is edited.
func TestPartialRenderingRepeatsWhatIsNewEachTime(t *testing.T) {
	files := map[string]string{
		"_h.tpl": `{{ define "random" }}{{ uuidv4 }}{{ end }}`, "still.yaml": "still",
		"a.yaml": `{{ uuidv4 }}`, "b.yaml": `{{ include "random" . }}`, "c.yaml": `{{ randAlphaNum 20 }}`, "d.yaml": `{{ include "c/templates/a.yaml" . }}`,
		"e.yaml": `{{ (genCA "ca" 1).Cert }}`, "f.yaml": `{{ now | date "05.000000000" }}{{ now }}`, "g.yaml": `{{ htpasswd "u" "p" }}`, "sub/h.yaml": `{{ template "random" }}`,
	}
	r := newRenderings()
	render := func() map[string]string {
		t.Helper()
		ch := chartOfTemplates(files, nil)
		vals, whole := renderedFiles(t, ch, 1)
		out, err := r.render("n/r", ch, vals, whole)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := render()
	for name, text := range render() {
		if same := text == before[name]; same != (name == "c/templates/still.yaml") {
			t.Errorf("%s: the same is %t", name, same)
		}
	}
}
