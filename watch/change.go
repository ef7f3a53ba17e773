package watch

import (
	"maps"
	"slices"
	"time"
)

// Root is one thing to watch.
type Root struct {
	// Path is an absolute path of a file or folder. It may be missing and may
	// be, or lie behind, a symbolic link. Changes are reported below this
	// path, also where the link leads elsewhere.
	Path string

	// Skip tells what below a folder is of no interest. rel is slash
	// separated and relative to Path. A folder (dir is true) for which it
	// returns true is not watched, nor is anything below it. nil skips
	// nothing. It is called with a lock held: it must not call the Watcher.
	Skip func(rel string, dir bool) bool

	// Rules stands for what Skip does: two roots with the same Rules skip the
	// same. Set then keeps what it has of a root that it watches already. A
	// Root with a Skip and no Rules is walked anew by each Set.
	Rules string

	// FollowFolders also watches the folders that symbolic links inside Path
	// lead to, as Helm does when it loads a chart. Docker does not when it
	// reads a build context. Links to files are always followed.
	FollowFolders bool
}

// sameness is what makes two roots one.
type sameness struct {
	path, rules   string
	skips, follow bool
}

// sameness is false when nobody can know what the root skips.
func (r Root) sameness() (sameness, bool) {
	return sameness{r.Path, r.Rules, r.Skip != nil, r.FollowFolders}, r.Skip == nil || r.Rules != ""
}

// Change is what happened between two quiet moments.
type Change struct {
	// Paths are the absolute paths that were written, made, removed, renamed
	// or got another mode, sorted and without repetition. A path that is, or
	// was, a folder stands for everything below it. A path may be gone again:
	// editors make and remove temporary files.
	Paths []string

	// First is when the first event of this change was seen, Settled when
	// the burst was over.
	First, Settled time.Time

	// Rescan is true when events may have been lost, because the kernel's
	// queue ran over or because too many paths changed to list them. Paths is
	// then incomplete: look at everything.
	Rescan bool
}

// maxPaths bounds the memory that a receiver who never comes back can cost.
const maxPaths = 100_000

// pending collects what was seen and not delivered yet.
type pending struct {
	paths   map[string]struct{}
	rescan  bool
	touched bool // something was added since touched was last cleared
}

func (p *pending) add(path string) {
	p.touched = true
	if p.paths == nil {
		p.paths = map[string]struct{}{}
	}
	if len(p.paths) >= maxPaths {
		p.rescan = true
		return
	}
	p.paths[path] = struct{}{}
}

func (p *pending) lost() { p.rescan, p.touched = true, true }

func (p *pending) change(first, settled time.Time) Change {
	return Change{
		Paths:   slices.Sorted(maps.Keys(p.paths)),
		First:   first,
		Settled: settled,
		Rescan:  p.rescan,
	}
}
