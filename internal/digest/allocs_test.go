package digest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// TestASaveHasABudget counts what it allocates to read a saved file into a tree of
// 2,000 and to find it by comparing: the folders on its path, whatever lies beside.
func TestASaveHasABudget(t *testing.T) {
	const most = 120
	files := map[string]string{}
	for i := range 2000 {
		files[fmt.Sprintf("a%d/b%d/f%d", i%10, i%100, i)] = fmt.Sprint(i)
	}
	root, path := filetest.Lay(t, files), "a3/b53/f53"
	h := New()
	was, err := h.Tree(t.Context(), root, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	got := testing.AllocsPerRun(50, func() {
		n++
		if err := os.WriteFile(filepath.Join(root, path), []byte(fmt.Sprint("edit ", n)), 0o644); err != nil {
			t.Fatal(err)
		}
		now, err := h.Update(t.Context(), was, root, []string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := was.Diff(now); len(got) != 1 {
			t.Fatal(got)
		}
		was = now
	})
	t.Logf("%v allocations", got)
	if got > most {
		t.Errorf("%v allocations, the budget is %d", got, most)
	}
}
