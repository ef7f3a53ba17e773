package deploy

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// However a chart's files change, what is loaded is what Helm's loader loads of them,
// or its fault.
func TestChartIsLoadedAsHelmLoadsIt(t *testing.T) {
	paths := []string{
		"Chart.yaml", "values.yaml", "values.schema.json", ".helmignore", "Chart.lock", "README.md", "config/a.txt", "crds/c.yaml",
		"templates/a.yaml", "templates/b.yaml", "templates/_h.tpl", "templates/deep/c.yaml", "templates/NOTES.txt", "charts/sub/values.yaml",
		"charts/sub/templates/x.yaml", "charts/sub/.helmignore", "charts/README.md", "charts/_off/Chart.yaml", "charts/sub-1.0.0.tgz.prov",
	}
	for _, seed := range seeds(t, 12) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 2))
			text := func(path string) string {
				n := fmt.Sprint(random.IntN(1000))
				switch filepath.Base(path) {
				case "Chart.yaml":
					return chartYAML + "description: " + n + "\n" + []string{"", "annotations: {a: b}\n", "type: library\n", ": no yaml\n"}[random.IntN(4)]
				case "values.yaml":
					return "a: " + n + "\n" + []string{"", "b: null\n", "sub: {c: 1}\n", "- no map\n"}[random.IntN(4)]
				case "values.schema.json":
					return `{"title": "` + n + `"}`
				case ".helmignore":
					return []string{"templates/b.yaml\n", "config/\n", "# none\n", "*.md\n"}[random.IntN(4)]
				case "Chart.lock":
					return "digest: d" + n + "\n"
				}
				return []string{"", "\xEF\xBB\xBF"}[random.IntN(2)] + "text " + n
			}
			dir := filepath.Join(filetest.Lay(t, map[string]string{"chart/Chart.yaml": chartYAML, "chart/charts/sub/Chart.yaml": chartOfSubchart, "chart/templates/a.yaml": "a"}), "chart")
			c, rel := newCharts(), Release{Name: "web", Chart: dir}
			for step := range 30 {
				for range 1 + random.IntN(2) {
					path := paths[random.IntN(len(paths))]
					at := filepath.Join(dir, filepath.FromSlash(path))
					if random.IntN(5) == 0 && path != "Chart.yaml" {
						if err := os.RemoveAll(at); err != nil {
							t.Fatal(err)
						}
						continue
					}
					if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
						t.Fatal(err)
					}
					save(t, at, text(path))
				}
				want, wantErr := loadChart(rel)
				got, gotErr := c.load(t.Context(), rel)
				if (wantErr == nil) != (gotErr == nil) { // of two faults, helm tells any
					t.Fatalf("step %d: %v, helm says %v", step, gotErr, wantErr)
				}
				if wantErr != nil {
					save(t, filepath.Join(dir, "Chart.yaml"), chartYAML)
					save(t, filepath.Join(dir, "values.yaml"), "a: 1\n")
					for _, path := range []string{"charts/README.md", "charts/sub/values.yaml"} {
						if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
							t.Fatal(err)
						}
					}
					continue
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(chart.Chart{}), cmpopts.IgnoreFields(chart.Chart{}, "Raw", "parent")); diff != "" {
					t.Fatalf("step %d (-by helm +here):\n%s", step, diff)
				}
			}
		})
	}
}
