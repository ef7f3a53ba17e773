package diff

import (
	"fmt"
	"testing"
)

// deployments are two states of an object with so many containers, which differ in
// one field.
func deployments(containers int) (before, after map[string]any) {
	of := func(image string) map[string]any {
		var list []any
		for i := range containers {
			list = append(list, map[string]any{
				"name": fmt.Sprint("c", i), "image": fmt.Sprint("app:", i), "args": []any{"serve", "--port", "8080"},
				"env": []any{map[string]any{"name": "A", "value": "1"}, map[string]any{"name": "B", "value": "2"}},
			})
		}
		list[0].(map[string]any)["image"] = image
		return map[string]any{"kind": "Deployment", "spec": map[string]any{"replicas": int64(1), "containers": list}}
	}
	return of("app:old"), of("app:new")
}

func BenchmarkLines(b *testing.B) {
	before, after := deployments(20)
	b.ReportAllocs()
	for b.Loop() {
		if len(Lines(before, after)) == 0 {
			b.Fatal("no difference")
		}
	}
}

// TestLinesHasABudget counts what the comparison of an object allocates.
func TestLinesHasABudget(t *testing.T) {
	const most = 2000
	before, after := deployments(20)
	got := testing.AllocsPerRun(50, func() { Lines(before, after) })
	t.Logf("%v allocations", got)
	if got > most {
		t.Errorf("%v allocations, the budget is %d", got, most)
	}
}
