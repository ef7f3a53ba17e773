package watch

import (
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// tree is everything that is watched. Its methods run under the Watcher's lock.
type tree struct {
	notifier notifier // nil: everything is polled
	notice   func(error)
	log      *slog.Logger
	pending  *pending

	roots   []*root
	folders map[string]*folder
	inodes  map[fileID]*folder
	polled  map[*folder]struct{}
	idle    map[*folder]struct{} // candidates for sweep
	git     repos
	limited bool                // the limit of watches was told
	told    map[string]struct{} // folders whose failure was told
}

// replace watches roots instead of what was watched before.
func (t *tree) replace(roots []Root) {
	old := t.roots
	t.poll()
	for f := range t.polled {
		t.unwatch(f) // there may be watches for it now
	}
	t.roots, t.git, t.told = nil, repos{}, map[string]struct{}{}
	for _, r := range roots {
		r.Path = filepath.Clean(r.Path)
		next := &root{Root: r}
		t.roots = append(t.roots, next)
		t.expand(next, false)
	}
	// Only now, so that folders of both keep their watch and lose no event.
	for _, r := range old {
		t.release(r)
	}
	t.sweep()
}

// expand finds out anew where a root leads and watches it. With report it
// tells the files of a root that was not there before.
func (t *tree) expand(r *root, report bool) {
	before := r.top
	existed := r.exists
	oldPins := r.pins
	r.pins, r.top = nil, nil

	var at place
	// A name can appear between the look and the pin that would have told.
	for range 10 {
		t.unpin(r.pins)
		r.pins = nil
		at = resolve(r.Path)
		for _, h := range at.hops {
			t.pinRoot(r, h)
		}
		if again := resolve(r.Path); again.real == at.real && slices.Equal(again.hops, at.hops) {
			break
		}
	}
	r.exists = at.info != nil
	same := before != nil && at.info != nil && before.folder.path == at.real && t.live(before.folder)
	switch {
	case same:
		r.top = before
	case r.exists && at.info.IsDir():
		r.top = t.grow(&node{root: r, shown: r.Path}, at.real, report)
	}
	if !same && before != nil {
		t.drop(before)
	}
	t.unpin(oldPins)
	if report && (existed != r.exists || !same && (before != nil || r.top != nil)) {
		t.pending.add(r.Path)
	}
	from := at.real
	if from == "" {
		from = r.Path
	}
	if git, ok := gitDirAbove(from); ok {
		t.git.add(git, r.Path)
	}
}

// release forgets a root.
func (t *tree) release(r *root) {
	if r.top != nil {
		t.drop(r.top)
	}
	t.unpin(r.pins)
	r.top, r.pins = nil, nil
}

// grow watches a folder and all below it. The watch comes before the look at
// what is inside, so a file born meanwhile is either seen or told.
func (t *tree) grow(n *node, real string, report bool) *node {
	f := t.folderAt(real)
	if f == nil {
		return nil
	}
	n.folder = f
	f.nodes = append(f.nodes, n)
	entries, err := os.ReadDir(real)
	if err != nil {
		t.log.Debug("reading a folder", "path", real, "error", err)
	}
	for _, e := range entries {
		t.admit(n, e.Name(), e.Type(), report)
	}
	return n
}

// admit takes an entry of a folder in: it watches a folder, follows a link and
// reports a file.
func (t *tree) admit(n *node, name string, mode fs.FileMode, report bool) {
	if name == ".git" {
		if git, ok := gitDir(filepath.Join(n.folder.path, name)); ok {
			t.git.add(git, n.shown)
		}
		return
	}
	rel, shown := path.Join(n.rel, name), filepath.Join(n.shown, name)
	if mode.IsDir() {
		if n.root.skips(rel, true) {
			return
		}
		if report {
			t.pending.add(shown)
		}
		if sub := n.subs[name]; sub != nil {
			if t.live(sub.folder) {
				return
			}
			t.forget(n, name)
		}
		sub := t.grow(&node{root: n.root, parent: n, shown: shown, rel: rel}, filepath.Join(n.folder.path, name), report)
		if sub != nil {
			if n.subs == nil {
				n.subs = map[string]*node{}
			}
			n.subs[name] = sub
		}
		return
	}
	isLink := mode&fs.ModeSymlink != 0
	if !isLink && (!report || !mode.IsRegular()) {
		return // sockets, pipes and devices have no content
	}
	if EditorFile(name) || n.root.skips(rel, false) {
		return
	}
	if isLink {
		t.follow(n, name, report)
	}
	if report {
		t.pending.add(shown)
	}
}

// live reports whether f is the folder that is watched under its path.
func (t *tree) live(f *folder) bool { return t.folders[f.path] == f }

// forget drops a folder inside a folder, if it is known.
func (t *tree) forget(n *node, name string) (known bool) {
	sub := n.subs[name]
	if sub == nil {
		return false
	}
	delete(n.subs, name)
	t.drop(sub)
	return true
}

// drop ends what is watched for a folder of a root and for all below it.
func (t *tree) drop(n *node) {
	for _, sub := range n.subs {
		t.drop(sub)
	}
	for _, l := range n.links {
		t.unfollow(l)
	}
	n.subs, n.links = nil, nil
	f := n.folder
	f.nodes = slices.DeleteFunc(f.nodes, func(o *node) bool { return o == n })
	t.idle[f] = struct{}{}
}
