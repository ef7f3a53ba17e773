package watch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "gc.auto=0"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// A branch switch is one change although it takes longer than Max.
func TestGitCheckoutIsOneChange(t *testing.T) {
	dir := tempDir(t)
	const files = 5000
	name := func(i int) string {
		return filepath.Join(dir, "chart", fmt.Sprintf("d%02d", i%50), fmt.Sprintf("f%d", i))
	}
	git(t, dir, "init", "-q", "-b", "main")
	for i := range files {
		write(t, name(i), "main")
	}
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "one")
	git(t, dir, "checkout", "-q", "-b", "other")
	var want []string
	for i := range files {
		write(t, name(i), "another")
		want = append(want, name(i))
	}
	git(t, dir, "commit", "-q", "-a", "-m", "two")

	// Max is far below what git takes: only its lock holds the change back.
	r := start(t, Options{Max: 40 * time.Millisecond}, Root{Path: filepath.Join(dir, "chart")})
	begun := time.Now()
	got := make(chan Change, 1)
	go func() { got <- <-r.out }()
	git(t, dir, "checkout", "-q", "main")
	ended := time.Now()
	r.t.Logf("git took %v", ended.Sub(begun))
	var c Change
	select {
	case c = <-got:
	case <-time.After(deadline):
		t.Fatal("no change was told")
	}
	t.Logf("told %d paths %v after git had ended", len(c.Paths), c.Settled.Sub(ended))
	if !c.Rescan {
		seen := map[string]bool{}
		for _, p := range c.Paths {
			seen[p] = true
		}
		for _, p := range want {
			if !seen[p] {
				t.Fatalf("%s was not told, of %d", p, len(c.Paths))
			}
		}
	}
	r.sentinel(filepath.Join(dir, "chart"), "after") // and nothing more
}

func TestGitLock(t *testing.T) {
	setup := func(t *testing.T) (dir, lock string) {
		dir = tempDir(t)
		git(t, dir, "init", "-q")
		return dir, filepath.Join(dir, ".git", "index.lock")
	}
	t.Run("holds a change back", func(t *testing.T) {
		dir, lock := setup(t)
		r := start(t, Options{Max: 50 * time.Millisecond}, Root{Path: filepath.Join(dir, "src")})
		write(t, lock, "")
		write(t, filepath.Join(dir, "src", "a"), "1")
		select {
		case c := <-r.out:
			t.Fatalf("told %q while git held its lock", c.Paths)
		case <-time.After(300 * time.Millisecond): // six times Max
		}
		must(t, os.Remove(lock))
		removed := time.Now()
		if c := r.next(); c.Settled.Before(removed) {
			t.Errorf("settled %v before the lock was gone", removed.Sub(c.Settled))
		}
	})
	t.Run("left behind is not waited for", func(t *testing.T) {
		dir, lock := setup(t)
		write(t, lock, "")
		old := time.Now().Add(-time.Hour)
		must(t, os.Chtimes(lock, old, old))
		r := start(t, Options{}, Root{Path: dir})
		write(t, filepath.Join(dir, "a"), "1")
		if c := r.next(); c.Settled.Sub(c.First) > 5*time.Second {
			t.Errorf("an old lock held a change back for %v", c.Settled.Sub(c.First))
		}
	})
	t.Run("of another repository is not waited for", func(t *testing.T) {
		a, _ := setup(t)
		b, lock := setup(t)
		r := start(t, Options{}, Root{Path: a}, Root{Path: b})
		write(t, lock, "")
		write(t, filepath.Join(a, "a"), "1")
		if c := r.next(); c.Settled.Sub(c.First) > 5*time.Second {
			t.Errorf("a lock elsewhere held a change back for %v", c.Settled.Sub(c.First))
		}
	})
	t.Run("of a worktree", func(t *testing.T) {
		dir, _ := setup(t)
		write(t, filepath.Join(dir, "a"), "1")
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-q", "-m", "one")
		tree := filepath.Join(tempDir(t), "tree")
		git(t, dir, "worktree", "add", "-q", tree)
		found, ok := gitDirAbove(filepath.Join(tree, "deeper"))
		if want := filepath.Join(dir, ".git", "worktrees", "tree"); !ok || found != want {
			t.Errorf("git folder of the worktree is %q, want %q", found, want)
		}
	})
}
