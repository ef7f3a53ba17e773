package deploy

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// BenchmarkRender renders a chart of 100 objects of which a value changes one.
func BenchmarkRender(b *testing.B) {
	render := editsOfOne(b)
	b.ReportAllocs()
	for b.Loop() {
		render()
	}
}

// TestRenderHasABudget counts what that allocates. It is not to grow with what the
// value does not reach.
func TestRenderHasABudget(t *testing.T) {
	const most = 12_000
	got := testing.AllocsPerRun(20, editsOfOne(t))
	t.Logf("%v allocations", got)
	if got > most {
		t.Errorf("%v allocations, the budget is %d", got, most)
	}
}

// editsOfOne renders with another value each time.
func editsOfOne(t testing.TB) func() {
	t.Helper()
	files := map[string]string{"chart/Chart.yaml": chartYAML, "chart/values.yaml": "who: world\n", "chart/templates/cm.yaml": configMap}
	for i := range 99 {
		files[fmt.Sprintf("chart/templates/other-%d.yaml", i)] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other-%d}\ndata: {a: {{ .Release.Name }}}\n", i)
	}
	_, c := newFakeAPI(t)
	rel, n := Release{Name: "web", Namespace: "dev", Chart: filepath.Join(filetest.Lay(t, files), "chart")}, 0
	return func() {
		n++
		rel.Set = map[string]any{"who": fmt.Sprint(n)}
		if r, err := c.Render(t.Context(), rel); err != nil || len(r.Objects) != 100 {
			t.Fatal(err)
		}
	}
}
