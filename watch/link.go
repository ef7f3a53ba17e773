package watch

import (
	"path"
	"path/filepath"
	"slices"
)

// pinRoot makes a name on a root's way matter.
func (t *tree) pinRoot(r *root, h hop) {
	report := ""
	if h.final {
		report = r.Path
	}
	if p := t.pin(&pin{name: h.name, root: r, report: report}, h.dir); p != nil {
		r.pins = append(r.pins, p)
	} else {
		r.blind = true
	}
}

// pin returns nil when the folder is gone or cannot be watched.
func (t *tree) pin(p *pin, dir string) *pin {
	f, err := t.folderAt(dir)
	if err != nil {
		return nil
	}
	p.folder = f
	t.anchors[f] = struct{}{}
	if f.pins == nil {
		f.pins = map[string][]*pin{}
	}
	f.pins[p.name] = append(f.pins[p.name], p)
	return p
}

func (t *tree) unpin(pins []*pin) {
	for _, p := range pins {
		f := p.folder
		left := slices.DeleteFunc(f.pins[p.name], func(o *pin) bool { return o == p })
		if len(left) == 0 {
			delete(f.pins, p.name)
		} else {
			f.pins[p.name] = left
		}
		t.idle[f] = struct{}{}
	}
}

// follow watches what a symbolic link inside a root leads to: a file by its
// name, a folder if the root wants that.
func (t *tree) follow(n *node, name string, report bool) {
	if old := n.links[name]; old != nil {
		t.unfollow(old)
	}
	l := &link{node: n, name: name}
	if n.links == nil {
		n.links = map[string]*link{}
	}
	n.links[name] = l
	shown := filepath.Join(n.shown, name)
	at := resolve(filepath.Join(n.folder.path, name))
	if at.info != nil && at.info.IsDir() && !n.root.FollowFolders {
		return
	}
	for _, h := range at.hops {
		if h.dir == n.folder.path && h.name == name {
			continue // the link itself is told as any other file of the folder
		}
		if p := t.pin(&pin{name: h.name, root: n.root, link: l, report: shown}, h.dir); p != nil {
			l.pins = append(l.pins, p)
		}
	}
	if at.info == nil && !gone(at.err) {
		t.unread[n] = struct{}{} // it may be there, and not be shown now
	}
	if at.info == nil || !at.info.IsDir() {
		return
	}
	for up := n; up != nil; up = up.parent {
		if within(up.folder.path, at.real) {
			t.log.Debug("a link leads back to a folder that holds it", "path", shown)
			return
		}
	}
	rel := path.Join(n.rel, name)
	if n.root.skips(rel, true) || t.crowded(n.root, at.real) {
		return
	}
	var err error
	l.target, err = t.grow(&node{root: n.root, parent: n, via: l, shown: shown, rel: rel}, at.real, report)
	if passing(err) {
		t.unread[n] = struct{}{}
	}
}

// maxAliases bounds under how many paths a root shows the same folder: folders
// full of links to each other have more of them than there is memory.
const maxAliases = 16

func (t *tree) crowded(r *root, real string) bool {
	f := t.folders[real]
	if f == nil {
		return false
	}
	shown := 0
	for _, n := range f.nodes {
		if n.root == r {
			shown++
		}
	}
	return shown >= maxAliases
}

func (t *tree) unfollow(l *link) {
	t.unpin(l.pins)
	if l.target != nil {
		t.drop(l.target)
	}
	l.pins, l.target = nil, nil
	if l.node.links[l.name] == l {
		delete(l.node.links, l.name)
	}
}
