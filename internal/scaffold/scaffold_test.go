package scaffold

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/filetest"
)

func TestLookLeavesOutWhatIsNotTheProjects(t *testing.T) {
	const chart = "apiVersion: v2\nname: x\nversion: 0.1.0\n"
	s, err := Look(t.Context(), filetest.Lay(t, map[string]string{
		"chart/Chart.yaml":                       chart,
		"chart/charts/packed/Chart.yaml":         chart,
		"chart/templates/Dockerfile":             "FROM scratch\n",
		"node_modules/p/Dockerfile":              "FROM scratch\n",
		"vendor/v/Chart.yaml":                    chart,
		".hidden/Chart.yaml":                     chart,
		"pkg/testdata/Chart.yaml":                chart,
		"app/Dockerfile":                         "FROM scratch\n",
		"app/Dockerfile.dockerignore":            "x\n",
		"app/web.dockerfile":                     "FROM scratch\n",
		"a/b/c/d/e/f/g/h/i/j/toodeep/Chart.yaml": chart,
		"chart/values.yaml":                      "",
		"chart/values-dev.yaml":                  "",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Charts) != 1 || s.Charts[0].Path != "chart" {
		t.Errorf("charts: %+v, want the one in chart", s.Charts)
	}
	var files []string
	for _, b := range s.Builds {
		files = append(files, b.Dockerfile)
	}
	if got := strings.Join(files, " "); got != "app/Dockerfile app/web.dockerfile" {
		t.Errorf("Dockerfiles: %s", got)
	}
	if got := strings.Join(s.Values, " "); got != "chart/values-dev.yaml" {
		t.Errorf("values: %s", got)
	}
}

func TestNoChart(t *testing.T) {
	s, err := Look(t.Context(), filetest.Lay(t, map[string]string{"Dockerfile": "FROM scratch\n"}))
	if err != nil {
		t.Fatal(err)
	}
	var none *NoChart
	if _, err := s.Draft(Likeliest); !errors.As(err, &none) {
		t.Errorf("error %v, want *NoChart", err)
	}
}

func TestNobodyToAsk(t *testing.T) {
	s, err := Look(t.Context(), filepath.Join("testdata", "helm-create"))
	if err != nil {
		t.Fatal(err)
	}
	var unsure *Unsure
	if _, err := s.Draft(Never); !errors.As(err, &unsure) || !strings.Contains(err.Error(), "nginx") {
		t.Errorf("error %v, want *Unsure about nginx", err)
	}
	d, err := s.Draft(func(q Question) (int, error) { return len(q.Options) - 1, nil })
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Project.Images) != 0 || !strings.Contains(strings.Join(d.Left, "\n"), "src/Dockerfile") {
		t.Errorf("none was chosen, but: images %v, left out %v", d.Project.Images, d.Left)
	}
}

func TestOneOfSeveralCharts(t *testing.T) {
	s, err := Look(t.Context(), filepath.Join("testdata", "charts-per-service"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Draft(func(Question) (int, error) { return 2, nil })
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Project.ReleaseNames(); len(got) != 1 || got[0] != "stock" {
		t.Errorf("releases %v, want stock alone", got)
	}
}

func TestWhatCannotBeReadSaysWhere(t *testing.T) {
	const chart = "apiVersion: v2\nname: x\nversion: 0.1.0\n"
	tests := map[string]struct {
		files map[string]string
		words string
	}{
		"a chart that is no YAML": {map[string]string{"c/Chart.yaml": "a: [\n"}, "c/Chart.yaml"},
		"a chart without a name":  {map[string]string{"c/Chart.yaml": "version: 1\n"}, "c/Chart.yaml has no name"},
		"values that are no YAML": {map[string]string{"c/Chart.yaml": chart, "c/values.yaml": "a: [\n"}, "c/values.yaml"},
		"values that are no map":  {map[string]string{"c/Chart.yaml": chart, "c/values.yaml": "- a\n"}, "c/values.yaml"},
		"charts in each other":    {map[string]string{"c/Chart.yaml": chart + "dependencies: [{name: d, repository: file://../d}]\n", "d/Chart.yaml": chart + "dependencies: [{name: c, repository: file://../c}]\n", "e/Chart.yaml": chart + "dependencies: [{name: c, repository: file://../c}]\n"}, "depends on itself"},
		"a subchart without name": {map[string]string{"c/Chart.yaml": chart, "c/charts/s/Chart.yaml": "version: 1\n"}, "c/charts/s/Chart.yaml has no name"},
	}
	for name, tt := range tests {
		if _, err := Look(t.Context(), filetest.Lay(t, tt.files)); err == nil || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.words)
		}
	}
}

func TestRepository(t *testing.T) {
	for ref, want := range map[string]string{
		"app": "app", "app:1": "app", "host:5000/app": "host:5000/app", "host:5000/a/b:1@sha256:ab": "host:5000/a/b", " x:y ": "x", "": "",
	} {
		if got := repository(ref); got != want {
			t.Errorf("%q: %q, want %q", ref, got, want)
		}
	}
}

func TestOfTwoThatFitTheNearestCounts(t *testing.T) {
	chart := func(name string) string { return "apiVersion: v2\nname: " + name + "\nversion: 0.1.0\n" }
	s, err := Look(t.Context(), filetest.Lay(t, map[string]string{
		"a/chart/Chart.yaml": chart("a"), "a/chart/values.yaml": "image: web:1\n", "a/web/Dockerfile": "FROM scratch\n",
		"b/chart/Chart.yaml": chart("b"), "b/chart/values.yaml": "image: web:1\n", "b/web/Dockerfile": "FROM scratch\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Draft(func(q Question) (int, error) {
		if !strings.HasPrefix(q.Text, "Which charts") {
			t.Errorf("asked: %s", q.Text)
		}
		return q.Likeliest, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for release, want := range map[string]string{"a": "a/web", "b": "b/web"} {
		if got := d.Project.Images[d.Project.Releases[release].Images["image"]].Context; got != want {
			t.Errorf("release %s has the image of %q, want that of %s", release, got, want)
		}
	}
}

func TestAChartThatAnotherTakesInIsNoReleaseOfItsOwn(t *testing.T) {
	s, err := Look(t.Context(), filetest.Lay(t, map[string]string{
		"top/Chart.yaml":  "apiVersion: v2\nname: top\nversion: 0.1.0\ndependencies: [{name: web, version: 0.1.0, repository: file://../parts/web, alias: ui}]\n",
		"top/values.yaml": "ui: {image: {tag: x}}\n", "parts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n", "parts/web/values.yaml": "image: {repository: acme/web, tag: y}\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Charts) != 1 || len(s.Charts[0].Images) != 1 || s.Charts[0].Images[0] != (ImageValue{"ui.image", "acme/web"}) {
		t.Errorf("charts %+v, want top with ui.image", s.Charts)
	}
}

func TestWhatADockerfileCopies(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{"Dockerfile": "FROM scratch AS b\nARG V\nCOPY --chown=1:1 ./a /b/ \\\n  c/\nADD [\"d e\", \"/f\", \"x\"]\nCOPY --from=b /g /\nADD https://example.com/h $V /\nCOPY <<EOF /i\ntext\nEOF\nRUN x\n"})
	var got []string
	for _, s := range copied(filepath.Join(dir, "Dockerfile")) {
		got = append(got, s.text)
	}
	if want := "a|b|d e|f"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %s", got, want)
	}
}
