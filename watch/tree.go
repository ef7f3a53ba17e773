package watch

import (
	"log/slog"
	"path/filepath"
	"slices"
)

// tree is everything that is watched. Its methods run under the Watcher's lock.
type tree struct {
	notifier notifier // nil: everything is polled
	notice   func(error)
	log      *slog.Logger
	pending  *pending
	mounts   mounts

	roots   []*root
	folders map[string]*folder
	inodes  map[fileID]*folder
	polled  map[*folder]struct{}
	round   []*folder            // what is left of a round of polling
	idle    map[*folder]struct{} // candidates for sweep
	anchors map[*folder]struct{} // folders that the way to a root or behind a link leads to
	unread  map[*node]struct{}   // folders whose content could not be read just now
	git     repos
	limited bool                // the limit of watches was told
	told    map[string]struct{} // folders whose failure was told
}

// replace watches roots instead of what was watched before. What is the same
// in both is kept as it is.
func (t *tree) replace(roots []Root) {
	old := map[sameness]*root{}
	var leaving []*root
	for _, r := range t.roots {
		if s, ok := r.sameness(); ok {
			old[s] = r
		} else {
			leaving = append(leaving, r)
		}
	}
	t.roots = nil
	seen := map[sameness]struct{}{}
	for _, r := range roots {
		r.Path = filepath.Clean(r.Path)
		s, ok := r.sameness()
		if _, twice := seen[s]; ok && twice {
			continue
		}
		seen[s] = struct{}{}
		next := old[s]
		if ok && next != nil {
			next.Root = r
			delete(old, s)
			t.roots = append(t.roots, next)
			continue
		}
		next = &root{Root: r}
		t.roots = append(t.roots, next)
		t.expand(next, false)
	}
	// Only now, so that folders of both keep their watch and lose no event.
	for _, r := range old {
		leaving = append(leaving, r)
	}
	for _, r := range leaving {
		t.release(r)
	}
	if len(leaving) > 0 {
		t.git.keep(t.roots)
	}
	t.sweep()
}

// expand finds out anew where a root leads and watches it. With report it
// tells the files of a root that was not there before.
func (t *tree) expand(r *root, report bool) {
	before := r.top
	existed := r.exists
	oldPins := r.pins
	r.pins, r.top, r.blind = nil, nil, false

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
	r.blind = r.blind || !r.exists && !gone(at.err)
	r.look(at.info)
	same := before != nil && at.info != nil && before.folder.path == at.real && t.live(before.folder)
	switch {
	case same:
		r.top = before
	case r.exists && at.info.IsDir():
		var err error
		if r.top, err = t.grow(&node{root: r, shown: r.Path}, at.real, report); passing(err) {
			r.blind = true
		}
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
	delete(t.unread, n)
	f := n.folder
	f.nodes = slices.DeleteFunc(f.nodes, func(o *node) bool { return o == n })
	t.idle[f] = struct{}{}
}
