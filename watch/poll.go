package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// stamp is what a look at a file tells about it.
type stamp struct {
	size  int64
	mtime time.Time
	mode  fs.FileMode
	id    fileID
}

// look reads the stamps of a folder's entries.
func look(path string) (map[string]stamp, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	known := make(map[string]stamp, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // gone since
		}
		id, _ := inode(info)
		s := stamp{mode: info.Mode(), id: id}
		if !info.IsDir() {
			s.size, s.mtime = info.Size(), info.ModTime()
		}
		known[e.Name()] = s
	}
	return known, nil
}

// poll looks at every folder that could not be watched and turns what differs
// into the events that a watch would have given.
func (t *tree) poll() {
	folders := make([]*folder, 0, len(t.polled))
	for f := range t.polled {
		folders = append(folders, f)
	}
	for _, f := range folders {
		if _, still := t.polled[f]; !still {
			continue // an event of another folder ended it
		}
		now, err := look(f.path)
		if err != nil {
			t.handle(fsnotify.Event{Name: f.path, Op: fsnotify.Remove})
			continue
		}
		before := f.known
		f.known = now
		for name, s := range now {
			if op := difference(before, name, s); op != 0 {
				t.handle(fsnotify.Event{Name: filepath.Join(f.path, name), Op: op})
			}
		}
		for name := range before {
			if _, ok := now[name]; !ok {
				t.handle(fsnotify.Event{Name: filepath.Join(f.path, name), Op: fsnotify.Remove})
			}
		}
	}
}

func difference(before map[string]stamp, name string, now stamp) fsnotify.Op {
	old, ok := before[name]
	switch {
	case !ok, old.id != now.id, old.mode.Type() != now.mode.Type():
		return fsnotify.Create
	case old.mode != now.mode:
		return fsnotify.Chmod
	case old != now:
		return fsnotify.Write
	}
	return 0
}
