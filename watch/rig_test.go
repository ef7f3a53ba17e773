package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// deadline is how long a test waits for what must happen.
const deadline = 20 * time.Second

// rig is a running Watcher.
type rig struct {
	t   *testing.T
	w   *Watcher
	out chan Change
}

func start(t *testing.T, opts Options, roots ...Root) *rig {
	t.Helper()
	w, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Set(roots); err != nil {
		t.Fatal(err)
	}
	return run(t, w)
}

// after watches, has something done, and runs only then, so that however long
// that takes on a busy machine, what is told of it is what one burst gives.
func after(t *testing.T, opts Options, root Root, do func()) *rig {
	t.Helper()
	w, err := New(opts)
	must(t, err)
	must(t, w.Set([]Root{root}))
	do()
	return run(t, w)
}

func run(t *testing.T, w *Watcher) *rig {
	t.Helper()
	if w.slice == pollSlice {
		w.slice = deadline // a busy machine does not cut a round in two
	}
	r := &rig{t: t, w: w, out: make(chan Change)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, r.out) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(deadline):
			t.Error("Run did not return")
		}
	})
	return r
}

// next waits for a Change.
func (r *rig) next() Change {
	r.t.Helper()
	select {
	case c := <-r.out:
		return c
	case <-time.After(deadline):
		r.t.Fatal("no change was told")
		return Change{}
	}
}

// until collects changes until all of want were told, and returns how many
// changes that took.
func (r *rig) until(want ...string) (int, []string) {
	r.t.Helper()
	seen := map[string]bool{}
	left := map[string]bool{}
	for _, p := range want {
		left[p] = true
	}
	end := time.After(deadline)
	for n := 0; ; {
		if len(left) == 0 {
			var all []string
			for p := range seen {
				all = append(all, p)
			}
			slices.Sort(all)
			return n, all
		}
		select {
		case c := <-r.out:
			n++
			for _, p := range c.Paths {
				seen[p] = true
				delete(left, p)
			}
		case <-end:
			r.t.Fatalf("never told: %v of %d; told: %v", firstOf(left), len(want), firstOf(seen))
		}
	}
}

func firstOf(m map[string]bool) string {
	var names []string
	for p := range m {
		if names = append(names, p); len(names) == 10 {
			break
		}
	}
	return strings.Join(names, ", ")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// add changes a file in one step: what write does may be seen in two.
func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, errors.Join(err, f.Close()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tempDir is a temporary folder without symbolic links in its path.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	return dir
}
