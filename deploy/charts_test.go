package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/devloop-dev/devloop/internal/filetest"
)

const chartOfSubchart = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"

// reloaded loads a chart before and after something is done to its files, and
// returns the second one.
func reloaded(t *testing.T, c *charts, path string, do func()) *chart.Chart {
	t.Helper()
	if _, err := c.load(t.Context(), Release{Name: "web", Chart: path}); err != nil {
		t.Fatal(err)
	}
	do()
	ch, err := c.load(t.Context(), Release{Name: "web", Chart: path})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func save(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestChartIsLoadedAnewWhenAFileChanges(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{
		"chart/Chart.yaml": chartYAML, "chart/values.yaml": "a: 1\n", "chart/templates/x.yaml": "one",
		"chart/charts/sub/Chart.yaml": chartOfSubchart, "chart/charts/sub/values.yaml": "b: 1\n",
		"elsewhere.yaml": "linked",
	})
	path := filepath.Join(dir, "chart")
	c := newCharts()
	if ch := reloaded(t, c, path, func() { save(t, filepath.Join(path, "values.yaml"), "a: 2\n") }); ch.Values["a"] != 2.0 {
		t.Errorf("values are %v", ch.Values)
	}
	ch := reloaded(t, c, path, func() { save(t, filepath.Join(path, "charts/sub/values.yaml"), "b: 2\n") })
	if ch.Dependencies()[0].Values["b"] != 2.0 {
		t.Errorf("the subchart's values are %v", ch.Dependencies()[0].Values)
	}
	if ch := reloaded(t, c, path, func() { save(t, filepath.Join(path, "templates/y.yaml"), "two") }); len(ch.Templates) != 2 {
		t.Errorf("%d templates", len(ch.Templates))
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere.yaml"), filepath.Join(path, "templates/z.yaml")); err != nil {
		t.Fatal(err)
	}
	ch = reloaded(t, c, path, func() { save(t, filepath.Join(dir, "elsewhere.yaml"), "changed behind the link") })
	if got := string(ch.Templates[len(ch.Templates)-1].Data); got != "changed behind the link" {
		t.Errorf("the linked template is %q", got)
	}
}

// What Helm's actions and templates (set, sortAlpha) do to a chart must not show in
// the next one.
func TestLoadedChartIsTheCallersOwn(t *testing.T) {
	const withDependency = chartYAML + "dependencies: [{name: sub, version: 1.0.0, condition: sub.on, tags: [z, y]}]\n"
	const withLists = withDependency + "annotations: {a: b}\nkeywords: [z, y]\nsources: [z, y]\n"
	path := filepath.Join(filetest.Lay(t, map[string]string{
		"chart/Chart.yaml": withLists, "chart/values.yaml": "a: {b: 1}\nlist: [{c: 1}]\n",
		"chart/charts/sub/Chart.yaml": chartOfSubchart, "chart/charts/sub/values.yaml": "b: 1\n",
	}), "chart")
	c := newCharts()
	rel := Release{Name: "web", Chart: path}
	spoil := func(ch *chart.Chart) {
		ch.Values["a"].(map[string]any)["b"] = "spoilt"
		ch.Values["list"].([]any)[0].(map[string]any)["c"] = "spoilt"
		ch.Metadata.Name = "spoilt"
		ch.Metadata.Dependencies[0].Enabled = true
		ch.Metadata.Annotations["a"] = "spoilt"
		for _, list := range [][]string{ch.Metadata.Keywords, ch.Metadata.Sources, ch.Metadata.Dependencies[0].Tags} {
			slices.Sort(list)
		}
		ch.Dependencies()[0].Values["b"] = "spoilt"
		ch.SetDependencies()
	}
	for range 3 {
		ch, err := c.load(t.Context(), rel)
		if err != nil {
			t.Fatal(err)
		}
		sub := ch.Dependencies()
		if len(sub) != 1 || sub[0].Values["b"] != 1.0 || sub[0].Parent() != ch || ch.Name() == "spoilt" || ch.Metadata.Dependencies[0].Enabled {
			t.Fatalf("a later caller's chart is spoilt: %+v", ch.Metadata)
		}
		if m := ch.Metadata; m.Annotations["a"] != "b" || m.Keywords[0]+m.Sources[0]+m.Dependencies[0].Tags[0] != "zzz" {
			t.Fatalf("a later caller's metadata is spoilt: %+v", m)
		}
		if a, l := ch.Values["a"].(map[string]any)["b"], ch.Values["list"].([]any)[0].(map[string]any)["c"]; a != 1.0 || l != 1.0 {
			t.Fatalf("a later caller's values are spoilt: %v", ch.Values)
		}
		spoil(ch)
	}
}

// A chart of which only changed files were read is the one that Helm's loader
// reads in whole.
func TestReloadedChartIsTheWholeOne(t *testing.T) {
	path := filepath.Join(filetest.Lay(t, map[string]string{
		"chart/Chart.yaml": chartYAML, "chart/values.yaml": "a: 1\n", "chart/.helmignore": "ignored.txt\n", "chart/ignored.txt": "x",
		"chart/templates/x.yaml": "one", "chart/templates/y.yaml": "two", "chart/files/data.txt": "three", "chart/values.schema.json": "{}",
		"chart/charts/sub/Chart.yaml": chartOfSubchart, "chart/charts/sub/templates/s.yaml": "four",
	}), "chart")
	c, rel := newCharts(), Release{Name: "web", Chart: path}
	write := func(name, text string) func() { return func() { save(t, filepath.Join(path, name), text) } }
	for name, edit := range map[string]func(){
		"a template":                write("templates/x.yaml", "edited"),
		"a template with a mark":    write("templates/x.yaml", "\xEF\xBB\xBFmarked"),
		"values":                    write("values.yaml", "a: {b: 2}\n"),
		"a file":                    write("files/data.txt", ""),
		"the schema":                write("values.schema.json", "{\"type\": \"object\"}"),
		"metadata":                  write("Chart.yaml", chartYAML+"description: new\n"),
		"what is ignored":           write("ignored.txt", "y"),
		"a subchart's template":     write("charts/sub/templates/s.yaml", "edited"),
		"a file that was not there": write("templates/new.yaml", "new"),
		"a file that goes": func() {
			if err := os.Remove(filepath.Join(path, "templates/y.yaml")); err != nil {
				t.Fatal(err)
			}
		},
		"what is to be ignored": write(".helmignore", "files\n"),
	} {
		got := reloaded(t, c, path, edit)
		want, err := loadChart(rel)
		if err != nil {
			t.Fatal(err)
		}
		dropRaw(want)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(chart.Chart{}), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(chart.Chart{}, "parent")); diff != "" {
			t.Errorf("%s (-whole +reloaded):\n%s", name, diff)
		}
	}
	write("values.yaml", "a: [\n")()
	if _, err := c.load(t.Context(), rel); err == nil {
		t.Error("values that are no YAML are loaded")
	}
}
