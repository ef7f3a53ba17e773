package watch

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// gitCap bounds how long git's lock holds a change back. A lock older than
// that was left behind by a git that died, or belongs to a `git commit -a`
// whose message is being written, and is not waited for.
const gitCap = 30 * time.Second

// repos are the git folders of the roots' repositories, with the paths that
// each of them can change.
type repos map[string][]string // git folder -> prefixes of reported paths

func (g repos) add(gitDir, shown string) {
	for _, s := range g[gitDir] {
		if s == shown {
			return
		}
	}
	g[gitDir] = append(g[gitDir], shown)
}

// locked reports whether git is changing files of which some are pending.
func (g repos) locked(pending *pending, now time.Time) bool {
	for dir, prefixes := range g {
		info, err := os.Stat(filepath.Join(dir, "index.lock"))
		if err != nil {
			continue
		}
		if age := now.Sub(info.ModTime()); age > gitCap || age < -gitCap {
			continue
		}
		if pending.rescan {
			return true
		}
		for p := range pending.paths {
			for _, prefix := range prefixes {
				if within(p, prefix) {
					return true
				}
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
