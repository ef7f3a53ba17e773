package watch

import (
	"errors"
	"io"
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

func stampOf(info fs.FileInfo) stamp {
	id, _ := inode(info)
	s := stamp{mode: info.Mode(), id: id}
	if !info.IsDir() {
		s.size, s.mtime = info.Size(), info.ModTime()
	}
	return s
}

// look reads the stamps of a folder's entries.
func look(path string) (map[string]stamp, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	known := map[string]stamp{}
	for {
		entries, err := dir.ReadDir(batch)
		for _, e := range entries {
			if info, err := e.Info(); err == nil { // else gone since
				known[e.Name()] = stampOf(info)
			}
		}
		if errors.Is(err, io.EOF) {
			return known, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// poll looks at the folders that could not be watched, and turns what differs
// into the events that a watch would have given. It ends after about the given
// time, and reports whether the round was finished; the next call goes on.
func (t *tree) poll(most time.Duration) (finished bool) {
	if len(t.round) == 0 {
		t.watchAgain()
		for f := range t.polled {
			t.round = append(t.round, f)
		}
	}
	for start := time.Now(); len(t.round) > 0; {
		f := t.round[len(t.round)-1]
		t.round = t.round[:len(t.round)-1]
		if _, still := t.polled[f]; still { // no event of another folder has ended it
			t.pollFolder(f)
		}
		if time.Since(start) > most {
			break
		}
	}
	return len(t.round) == 0
}

func (t *tree) pollFolder(f *folder) {
	now, err := look(f.path)
	if passing(err) {
		t.log.Debug("looking at a folder", "path", f.path, "error", err)
		return
	}
	if err != nil {
		t.handle(fsnotify.Event{Name: f.path, Op: fsnotify.Remove})
		return
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

// watchAgain asks for watches again that the system had no more of: the user
// may have raised the limit. Where it has not, that costs one call.
func (t *tree) watchAgain() {
	if !t.limited {
		return
	}
	for f := range t.polled {
		if f.mount != "" {
			continue
		}
		if err := t.notifier.Add(f.path); err != nil {
			if isLimit(err) {
				return
			}
			continue // gone; polling finds that out
		}
		t.pollFolder(f) // what changed before the watch
		if t.live(f) {
			f.known = nil
			delete(t.polled, f)
		} else if err := t.notifier.Remove(f.path); err != nil {
			t.log.Debug("ending a watch", "path", f.path, "error", err)
		}
	}
	t.limited = false // the next limit is told again
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
