package watch

import (
	"os"
	"path"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// redo is what must be found out anew after an event.
type redo struct {
	roots map[*root]struct{}
	links map[*link]struct{}
}

func (d *redo) root(r *root) {
	if d.roots == nil {
		d.roots = map[*root]struct{}{}
	}
	d.roots[r] = struct{}{}
}

func (d *redo) pin(p *pin) {
	if p.link == nil {
		d.root(p.root)
		return
	}
	d.link(p.link)
}

func (d *redo) link(l *link) {
	if d.links == nil {
		d.links = map[*link]struct{}{}
	}
	d.links[l] = struct{}{}
}

// handle takes one event in. Events are old when they arrive: what is there
// now is looked up, never concluded from the event.
func (t *tree) handle(ev fsnotify.Event) {
	dir, name := filepath.Dir(ev.Name), filepath.Base(ev.Name)
	parent, self := t.folders[dir], t.folders[ev.Name]
	if parent == nil && self == nil {
		return // an event of a watch that ended
	}
	structural := ev.Op&(fsnotify.Create|fsnotify.Remove|fsnotify.Rename) != 0
	var again redo
	if structural && self != nil {
		// Another folder may have this name by now: nothing known about the
		// old one holds.
		t.condemn(self, &again)
	}
	if parent != nil {
		for _, n := range append([]*node(nil), parent.nodes...) {
			t.entry(n, name, ev.Op, self != nil)
		}
		for _, p := range parent.pins[name] {
			if p.report != "" {
				t.pending.add(p.report)
			}
			if ev.Op != fsnotify.Write {
				again.pin(p)
			} else if p.link == nil && p.root.file != nil {
				p.root.restat()
			}
		}
	}
	for l := range again.links {
		if l.node.links[l.name] == l {
			t.entry(l.node, l.name, fsnotify.Create, false)
		}
	}
	for r := range again.roots {
		t.expand(r, true)
	}
	if structural {
		t.sweep()
	}
}

// entry takes in an event of one name in a folder of one root. wasFolder says
// that a folder of that name was watched.
func (t *tree) entry(n *node, name string, op fsnotify.Op, wasFolder bool) {
	rel, shown := path.Join(n.rel, name), filepath.Join(n.shown, name)
	if op == fsnotify.Write {
		if name != ".git" && !EditorFile(name) && !n.root.skips(rel, false) {
			t.pending.add(shown)
		}
		return
	}
	if l := n.links[name]; l != nil {
		t.unfollow(l)
	}
	info, err := os.Lstat(filepath.Join(n.folder.path, name))
	if err != nil && !gone(err) {
		// Nobody knows what is there until it may be looked at.
		t.unread[n] = struct{}{}
		t.pending.add(shown)
		return
	}
	if err == nil {
		t.admit(n, name, info.Mode(), true)
		if !wasFolder || info.IsDir() {
			return
		}
	}
	if err != nil && t.forget(n, name) {
		wasFolder = true
	}
	if name == ".git" {
		return
	}
	// Whether a name that is gone was a file is not known any more, unless it
	// was a folder that was watched.
	if wasFolder && !n.root.skips(rel, true) || !wasFolder && !EditorFile(name) && !n.root.skips(rel, false) {
		t.pending.add(shown)
	}
}

// condemn forgets a folder that was removed, moved or made anew, and all below
// it, and notes what else depended on it.
func (t *tree) condemn(f *folder, again *redo) {
	t.unwatch(f)
	for _, n := range append([]*node(nil), f.nodes...) {
		switch {
		case n.parent == nil:
			again.root(n.root)
		case n.via != nil:
			again.link(n.via)
		default:
			delete(n.parent.subs, filepath.Base(n.shown))
		}
		for _, sub := range n.subs {
			if t.live(sub.folder) {
				t.condemn(sub.folder, again)
			}
		}
		if n.parent != nil {
			t.drop(n)
		}
	}
	for _, pins := range f.pins {
		for _, p := range pins {
			// The file may be back already, another one under the same path.
			if p.report != "" {
				t.pending.add(p.report)
			}
			again.pin(p)
		}
	}
}

// rebuild looks at every root again after events were lost.
func (t *tree) rebuild() {
	roots := make([]Root, len(t.roots))
	for i, r := range t.roots {
		roots[i] = r.Root
	}
	// Every watch is made anew: a folder may have been replaced unseen.
	for _, f := range t.folders {
		t.unwatch(f)
	}
	old := t.roots
	t.roots = nil
	t.replace(roots)
	for _, r := range old {
		t.release(r)
	}
	t.sweep()
	t.pending.lost()
}
