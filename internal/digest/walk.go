package digest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Skip leaves a path out of a walk, a folder with all below it. The path is
// relative to the root, with slashes. It is called from several goroutines.
type Skip func(rel string, dir bool) bool

// batch is how many files that must be read make one piece of work.
const batch = 16

// Tree digests every file below root, several at a time. skip is asked for every
// path and leaves it out; nil skips nothing. A root that is a file gives a tree
// of one entry under its base name. Files that vanish during the walk are left
// out: the event of their going brings the next look. Sockets, pipes and devices
// are no input of anything. A folder or file that may not be read is an error
// that names it and wraps fs.ErrPermission.
func (h *Hasher) Tree(ctx context.Context, root string, skip Skip) (Tree, error) {
	root = filepath.Clean(root)
	info, err := os.Lstat(root)
	if err != nil {
		return Tree{}, err
	}
	if !info.IsDir() {
		return h.alone(root, statOf(info))
	}
	f, err := h.scan(ctx, root, "", skip)
	return Tree{f}, err
}

func (h *Hasher) alone(path string, st stat) (Tree, error) {
	if st.kind() == fs.ModeIrregular {
		return Tree{}, nil
	}
	s, err := h.file(path)
	if err != nil {
		return Tree{}, err
	}
	return Tree{newFolder([]entry{{key: filepath.Base(path), sum: s}})}, nil
}

// walk is one scan of a folder and all below, by a bounded number of goroutines.
type walk struct {
	*Hasher
	root  string
	skip  Skip
	group *errgroup.Group
	count *counter
}

// scanned is a folder of a walk. Once the walk has ended, its entries and those
// of the folders below make a tree.
type scanned struct {
	path, rel string // rel ends with a slash, but for the root's
	top       *atomic.Int64
	below     []*scanned

	files  []record // all that count, by name; links too
	fresh  []bool   // by index of files: to be remembered
	gone   []bool   // by index of files: it vanished
	names  []string // of all files, those that are skipped too
	shelf  *shelf
	unread atomic.Int64 // batches

	entries []entry // what the files come to, in place of them
}

// scan digests the folder rel ("" or with a slash at its end) below root. It
// waits for its goroutines.
func (h *Hasher) scan(ctx context.Context, root, rel string, skip Skip) (*folder, error) {
	if skip == nil {
		skip = func(string, bool) bool { return false }
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(16, 2*runtime.GOMAXPROCS(0)))
	w := &walk{Hasher: h, root: root, skip: skip, group: g, count: newCounter(h, root)}
	first := &scanned{path: filepath.Join(root, filepath.FromSlash(rel)), rel: rel}
	g.Go(func() error { return w.folder(ctx, first) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return first.folder(), nil
}

// do works in a goroutine where one is free, else here.
func (w *walk) do(work func() error) error {
	if w.group.TryGo(work) {
		return nil
	}
	return work()
}

func (w *walk) folder(ctx context.Context, f *scanned) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.list(f); err != nil {
		if vanished(err) && f.rel != "" {
			return nil
		}
		return err
	}
	unread := w.known(f)
	f.unread.Store(int64((len(unread) + batch - 1) / batch))
	if len(unread) == 0 {
		w.settle(f, 0)
	}
	for part := range slices.Chunk(unread, batch) {
		if err := w.do(func() error { return w.read(ctx, f, part) }); err != nil {
			return err
		}
	}
	for _, sub := range f.below {
		if err := w.do(func() error { return w.folder(ctx, sub) }); err != nil {
			return err
		}
	}
	return nil
}

// list reads the folder: names, and the stat data of those that count.
func (w *walk) list(f *scanned) error {
	l, entries, err := openFolder(f.path)
	if err != nil {
		return err
	}
	defer l.close()
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	f.files = make([]record, 0, len(entries))
	for _, d := range entries {
		name := d.Name()
		kind := kindOf(d.Type())
		if kind == 0 {
			f.names = append(f.names, name)
		}
		if kind == fs.ModeIrregular || w.skip(f.rel+name, kind == fs.ModeDir) {
			continue
		}
		if kind == fs.ModeDir {
			sub := &scanned{path: filepath.Join(f.path, name), rel: f.rel + name + "/", top: f.top}
			if f.top == nil {
				sub.top = w.count.top(name)
			}
			f.below = append(f.below, sub)
			continue
		}
		st, err := l.stat(d)
		if vanished(err) {
			continue
		}
		if err != nil {
			return err
		}
		f.files = append(f.files, record{name: name, stat: st})
	}
	w.count.add(f.top, len(f.files))
	return nil
}

// known fills in what is remembered and gives the indexes of the rest.
func (w *walk) known(f *scanned) (unread []int) {
	f.shelf = w.store.shelf(f.path)
	f.fresh, f.gone = make([]bool, len(f.files)), make([]bool, len(f.files))
	f.shelf.mu.Lock()
	defer f.shelf.mu.Unlock()
	old, j := f.shelf.records, 0
	for i := range f.files {
		file := &f.files[i]
		for j < len(old) && old[j].name < file.name {
			j++
		}
		if j < len(old) && old[j].name == file.name && old[j].stat == file.stat {
			*file, f.fresh[i] = old[j], true // its name too: one string for all trees
			continue
		}
		unread = append(unread, i)
	}
	return unread
}

// read digests some files of a folder.
func (w *walk) read(ctx context.Context, f *scanned, which []int) error {
	for _, i := range which {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := &f.files[i]
		path := filepath.Join(f.path, file.name)
		var err error
		switch file.stat.kind() {
		case fs.ModeSymlink:
			file.sum, err = link(path)
		case 0:
			*file, f.fresh[i], err = w.Hasher.read(path, file.name, file.stat)
		default:
			f.gone[i] = true // it was a file when the folder was read
		}
		if vanished(err) {
			f.gone[i], err = true, nil
		}
		if err != nil {
			return err
		}
	}
	if f.unread.Add(-1) == 0 {
		w.settle(f, len(which))
	}
	return nil
}

// settle remembers the files of a folder and lets go of all but their digests.
func (w *walk) settle(f *scanned, reads int) {
	if reads > 0 || !f.shelf.holds(len(f.names)) {
		fresh := make([]record, 0, len(f.files))
		for i, file := range f.files {
			if f.fresh[i] {
				fresh = append(fresh, file)
			}
		}
		if f.shelf.renew(fresh, f.names) {
			w.store.touch()
		}
	}
	f.entries = make([]entry, 0, len(f.files)+len(f.below))
	for i := range f.files {
		if !f.gone[i] {
			f.entries = append(f.entries, entry{key: f.files[i].name, sum: f.files[i].sum})
		}
	}
	f.files, f.fresh, f.gone, f.names = nil, nil, nil, nil
}

// folder makes the tree of what was scanned.
func (f *scanned) folder() *folder {
	entries := f.entries
	for _, sub := range f.below {
		if below := sub.folder(); below != nil {
			entries = append(entries, entry{key: filepath.Base(sub.path) + "/", below: below})
		}
	}
	if len(f.below) > 0 {
		slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	}
	return newFolder(entries)
}
