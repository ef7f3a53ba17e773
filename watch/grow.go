package watch

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// grow watches a folder and all below it. The watch comes before the look at
// what is inside, so a file born meanwhile is either seen or told.
func (t *tree) grow(n *node, real string, report bool) (*node, error) {
	f, err := t.folderAt(real)
	if err != nil {
		return nil, err
	}
	n.folder = f
	f.nodes = append(f.nodes, n)
	if n.parent == nil || n.via != nil {
		t.anchors[f] = struct{}{}
	}
	t.read(n, report)
	return n, nil
}

// batch is how many names are read at once: a folder can hold a million.
const batch = 1024

// read takes in what a folder holds.
func (t *tree) read(n *node, report bool) {
	delete(t.unread, n)
	var folders []string
	dir, err := os.Open(n.folder.path)
	for err == nil {
		var entries []os.DirEntry
		entries, err = dir.ReadDir(batch)
		for _, e := range entries {
			if e.IsDir() && e.Name() != ".git" {
				folders = append(folders, e.Name())
			} else {
				t.admit(n, e.Name(), e.Type(), report)
			}
		}
	}
	dir.Close()
	if !errors.Is(err, io.EOF) {
		if t.tell(n.folder.path, err); !gone(err) {
			t.unread[n] = struct{}{}
		}
	}
	for _, name := range folders {
		t.admitFolder(n, name, report)
	}
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
	if mode.IsDir() {
		t.admitFolder(n, name, report)
		return
	}
	isLink := mode&fs.ModeSymlink != 0
	if !isLink && (!report || !mode.IsRegular()) {
		return // sockets, pipes and devices have no content
	}
	if EditorFile(name) || n.root.skips(path.Join(n.rel, name), false) {
		return
	}
	if isLink {
		t.follow(n, name, report)
	}
	if report {
		t.pending.add(filepath.Join(n.shown, name))
	}
}

func (t *tree) admitFolder(n *node, name string, report bool) {
	rel, shown := path.Join(n.rel, name), filepath.Join(n.shown, name)
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
	sub, err := t.grow(&node{root: n.root, parent: n, shown: shown, rel: rel}, filepath.Join(n.folder.path, name), report)
	if passing(err) {
		t.unread[n] = struct{}{}
	}
	if err != nil {
		return
	}
	if n.subs == nil {
		n.subs = map[string]*node{}
	}
	n.subs[name] = sub
}
