package plan

import (
	"fmt"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

// TestMakeHasABudget counts what a plan for 500 releases allocates, of which one has
// changed: a few small things for each.
func TestMakeHasABudget(t *testing.T) {
	const most = 2000
	before := State{Images: map[string]Image{}, Releases: map[string]Release{}}
	for i := range 500 {
		before.Releases[fmt.Sprint("r", i)] = Release{Inputs: digest.TreeOf(map[string]string{"values.yaml": fmt.Sprint(i)})}
	}
	after := State{Images: before.Images, Releases: map[string]Release{}}
	for name, r := range before.Releases {
		after.Releases[name] = r
	}
	after.release("r7", func(t digest.Tree) digest.Tree { return t.With("values.yaml", "new") })
	got := testing.AllocsPerRun(50, func() {
		if got := Make(before, after); len(got) != 1 {
			t.Fatal(got)
		}
	})
	t.Logf("%v allocations", got)
	if got > most {
		t.Errorf("%v allocations, the budget is %d", got, most)
	}
}
