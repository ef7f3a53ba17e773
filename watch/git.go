package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// gitCap bounds how long git's lock holds a change back. A lock older than
// that was left behind by a git that died, or belongs to a `git commit -a`
// whose message is being written, and is not waited for.
const gitCap = 30 * time.Second

// repos are the git folders of the roots' repositories.
type repos map[string]*repo

// repo is what is known of one git folder.
type repo struct {
	prefixes []string // of the reported paths that git can change there
	lock     stamp    // the lock that was there last
	left     bool     // nobody is behind it
}

func (g repos) add(gitDir, shown string) {
	if gitDir == "" {
		return
	}
	r := g[gitDir]
	if r == nil {
		r = &repo{}
		g[gitDir] = r
	}
	if !slices.Contains(r.prefixes, shown) {
		r.prefixes = append(r.prefixes, shown)
	}
}

// keep forgets what belongs to none of the roots.
func (g repos) keep(roots []*root) {
	for dir, r := range g {
		r.prefixes = slices.DeleteFunc(r.prefixes, func(prefix string) bool {
			return !slices.ContainsFunc(roots, func(r *root) bool { return within(prefix, r.Path) })
		})
		if len(r.prefixes) == 0 {
			delete(g, dir)
		}
	}
}

// locked reports whether git is changing files of which some are pending.
// expired says that it has been waited for long enough.
func (g repos) locked(pending *pending, expired bool) bool {
	for dir, r := range g {
		info, err := os.Stat(filepath.Join(dir, "index.lock"))
		if err != nil {
			continue
		}
		if now := stampOf(info); now != r.lock {
			// The clock is asked once for each lock: it may jump while git works.
			r.lock, r.left = now, time.Since(info.ModTime()).Abs() > gitCap
		}
		r.left = r.left || expired
		if !r.left && r.changes(pending) {
			return true
		}
	}
	return false
}

// inSteps reports whether git is amid work that takes its lock again and again,
// or has stopped in it to ask the user.
func (g repos) inSteps(pending *pending) bool {
	for dir, r := range g {
		for _, name := range []string{"rebase-merge", "rebase-apply", "sequencer"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil && r.changes(pending) {
				return true
			}
		}
	}
	return false
}

// changes reports whether a pending path is in the repository.
func (r *repo) changes(pending *pending) bool {
	if pending.rescan {
		return true
	}
	for p := range pending.paths {
		for _, prefix := range r.prefixes {
			if within(p, prefix) {
				return true
			}
		}
	}
	return false
}

// gitDirAbove finds the git folder of the repository that holds path.
func gitDirAbove(path string) (string, bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		if git, ok := gitDir(filepath.Join(dir, ".git")); ok {
			return git, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// gitDir resolves a `.git`: a folder, or in a worktree or submodule a file
// that names the folder (gitrepository-layout(5)).
func gitDir(path string) (string, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	if info.IsDir() {
		return path, true
	}
	if !info.Mode().IsRegular() || info.Size() > 4096 {
		return "", false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	if !ok {
		return "", false
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(path), dir)
	}
	return dir, true
}

// within reports whether path is prefix or lies below it.
func within(path, prefix string) bool {
	if !strings.HasPrefix(path, prefix) {
		return false
	}
	return len(path) == len(prefix) || os.IsPathSeparator(path[len(prefix)]) || os.IsPathSeparator(prefix[len(prefix)-1])
}
