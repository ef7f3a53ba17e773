package watch

import (
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/fsnotify/fsnotify"
)

// check finds what no watch tells, with one look at each folder that a root or
// a link leads to, whatever is below it. A folder does not hear when one above
// it is moved or mounted over, and hears nothing of a file that is written
// under another name (a hard link) elsewhere.
func (t *tree) check() {
	for f := range t.anchors {
		switch {
		case !t.live(f):
			delete(t.anchors, f)
		case !f.same():
			t.handle(fsnotify.Event{Name: f.path, Op: fsnotify.Remove})
		}
	}
	for _, n := range slices.Collect(maps.Keys(t.unread)) {
		t.read(n, true)
	}
	looked := map[string]string{}
	for _, r := range t.roots {
		if r.blind {
			t.expand(r, true)
		}
		if r.file != nil && r.restat() {
			t.pending.add(r.Path)
		}
		// A repository may have been made around a root.
		dir := filepath.Dir(r.Path)
		if _, known := looked[dir]; !known {
			looked[dir], _ = gitDirAbove(dir)
		}
		t.git.add(looked[dir], r.Path)
	}
	t.sweep()
}

// same reports whether the folder's path still leads to it. A file system that
// does not answer has not moved it.
func (f *folder) same() bool {
	info, err := os.Lstat(f.path)
	return passing(err) || err == nil && os.SameFile(info, f.info)
}

// look notes the root's file where only a look can tell that it was written:
// it has several names, or its folder cannot be watched.
func (r *root) look(info os.FileInfo) {
	r.file = nil
	if info == nil || info.IsDir() || !r.blind && names(info) < 2 {
		return
	}
	s := stampOf(info)
	r.file = &s
}

// restat looks at the root's file again and reports whether it has changed.
func (r *root) restat() bool {
	info, err := os.Stat(r.Path)
	if err != nil {
		return false // its going is told by other means
	}
	now := stampOf(info)
	changed := now != *r.file
	*r.file = now
	return changed
}
