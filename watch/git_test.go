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
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "gc.auto=0", "-c", "core.fsync=none"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// many is a repository with a chart of files in several folders, and two
// branches in which all of them differ.
type many struct {
	dir, chart string
	names      []string
}

func manyFiles(t *testing.T, files int) many {
	t.Helper()
	m := many{dir: tempDir(t)}
	m.chart = filepath.Join(m.dir, "chart")
	git(t, m.dir, "init", "-q", "-b", "main")
	for i := range files {
		m.names = append(m.names, filepath.Join(m.chart, fmt.Sprintf("d%02d", i%50), fmt.Sprintf("f%d", i)))
	}
	m.fill(t, "main")
	git(t, m.dir, "add", ".")
	git(t, m.dir, "commit", "-q", "-m", "one")
	git(t, m.dir, "checkout", "-q", "-b", "other")
	m.fill(t, "another")
	git(t, m.dir, "commit", "-q", "-a", "-m", "two")
	return m
}

func (m many) fill(t *testing.T, text string) {
	t.Helper()
	for _, name := range m.names {
		write(t, name, text)
	}
}

// Whatever git does with many files is one change, told when git has ended,
// although it takes longer than Max.
func TestGitIsOneChange(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, m many){
		"checkout": func(t *testing.T, m many) { git(t, m.dir, "checkout", "-q", "main") },
		"stash":    func(t *testing.T, m many) { git(t, m.dir, "stash", "-q") },
		"pop":      func(t *testing.T, m many) { git(t, m.dir, "stash", "pop", "-q") },
		"reset":    func(t *testing.T, m many) { git(t, m.dir, "reset", "-q", "--hard", "main") },
		"merge":    func(t *testing.T, m many) { git(t, m.dir, "merge", "-q", "-s", "ort", "main") },
		"rebase":   func(t *testing.T, m many) { git(t, m.dir, "rebase", "-q", "main") },
	} {
		t.Run(name, func(t *testing.T) {
			files := 600
			if name == "checkout" {
				files = 5000
			}
			m := manyFiles(t, files)
			switch name {
			case "stash", "pop":
				m.fill(t, "uncommitted")
				if name == "pop" {
					git(t, m.dir, "stash", "-q")
				}
			case "merge", "rebase": // of three commits, onto one that has moved on
				for i := range 3 {
					write(t, m.names[i], "mine")
					git(t, m.dir, "commit", "-q", "-a", "-m", "mine")
				}
				git(t, m.dir, "checkout", "-q", "-b", "moved", "other~3")
				for _, name := range m.names[3:] {
					write(t, name, "moved")
				}
				git(t, m.dir, "commit", "-q", "-a", "-m", "moved")
				git(t, m.dir, "branch", "-q", "-f", "main")
				git(t, m.dir, "checkout", "-q", "other")
			}
			// A long Quiet, since a busy machine can leave git waiting between
			// two locks.
			opts := Options{Quiet: 100 * time.Millisecond}
			if name == "checkout" { // only its lock holds the change back
				opts.Max = 150 * time.Millisecond
			}
			r := start(t, opts, Root{Path: m.chart})
			ended := make(chan time.Time, 1)
			go func() {
				do(t, m)
				ended <- time.Now()
			}()
			c := r.next()
			end := <-ended
			t.Logf("told %d paths %v after git had ended", len(c.Paths), c.Settled.Sub(end))
			told := map[string]bool{}
			for _, p := range c.Paths {
				told[p] = true
			}
			for _, p := range m.names[3:] {
				if !told[p] && !c.Rescan {
					t.Fatalf("%s was not told, of %d", p, len(c.Paths))
				}
			}
			r.sentinel(m.chart, "after") // and nothing more
		})
	}
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
		removed := time.Now()
		must(t, os.Remove(lock))
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
