package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// notifier is the part of fsnotify.Watcher that the tree needs.
type notifier interface {
	Add(path string) error
	Remove(path string) error
}

// folder is one folder that is watched, by its path without symbolic links.
type folder struct {
	path  string
	info  fs.FileInfo
	nodes []*node           // what it means to the roots that include it
	pins  map[string][]*pin // single names in it that matter
	known map[string]stamp  // set when it is polled instead of watched
}

// node is a folder of one root.
type node struct {
	root   *root
	parent *node // nil for the top folder of a root
	via    *link // the symbolic link that led here, if one did
	folder *folder
	shown  string // path as the caller knows it
	rel    string // slash path below the root, "" for the root itself
	subs   map[string]*node
	links  map[string]*link
}

// pin makes one name in a folder matter, whether it exists or not.
type pin struct {
	folder *folder
	name   string
	root   *root
	link   *link  // the link inside the root that depends on it, or nil: the root itself does
	report string // what to report when it changes, "" for nothing
}

// link is a symbolic link inside a root.
type link struct {
	node   *node // the folder that holds it
	name   string
	pins   []*pin
	target *node // where it leads to a folder that is followed
}

// root is a Root and what is watched for it.
type root struct {
	Root
	top    *node
	pins   []*pin
	exists bool
}

func (r *root) skips(rel string, dir bool) bool { return r.Skip != nil && r.Skip(rel, dir) }

// folderAt starts to watch a folder, or returns the one already watched. It
// returns nil for a folder that is gone or that may not be read.
func (t *tree) folderAt(path string) *folder {
	if f := t.folders[path]; f != nil {
		return f
	}
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return nil
	}
	f := &folder{path: path, info: info}
	id, hasID := inode(info)
	if old := t.inodes[id]; hasID && old != nil {
		// The folder was moved and the event that tells so is still in the
		// queue. The kernel would give its old watch back, under the old name.
		t.unwatch(old)
	}
	if err := t.watch(f); err != nil {
		if _, told := t.told[path]; !told && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			t.told[path] = struct{}{}
			t.notice(fmt.Errorf("watching %s: %w", path, err))
		}
		return nil
	}
	if hasID {
		t.inodes[id] = f
	}
	t.folders[path] = f
	t.idle[f] = struct{}{}
	return f
}

// watch asks the system for a watch, and falls back to polling where there
// are no more.
func (t *tree) watch(f *folder) error {
	if t.notifier != nil {
		err := t.notifier.Add(f.path)
		if !isLimit(err) {
			return err
		}
		if !t.limited {
			t.limited = true
			t.notice(watchLimit(f.path, err))
		}
	}
	known, err := look(f.path)
	if err != nil {
		return err
	}
	f.known = known
	t.polled[f] = struct{}{}
	return nil
}

// unwatch ends the watch of a folder; its nodes and pins are the caller's care.
func (t *tree) unwatch(f *folder) {
	if t.folders[f.path] == f {
		delete(t.folders, f.path)
		if t.notifier != nil && f.known == nil {
			// The folder may be gone, and its watch with it.
			if err := t.notifier.Remove(f.path); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) && !errors.Is(err, syscall.EINVAL) {
				t.log.Debug("ending a watch", "path", f.path, "error", err)
			}
		}
	}
	if id, ok := inode(f.info); ok && t.inodes[id] == f {
		delete(t.inodes, id)
	}
	delete(t.polled, f)
	delete(t.idle, f)
}

// sweep ends the watches that nothing needs any more.
func (t *tree) sweep() {
	for f := range t.idle {
		if len(f.nodes) == 0 && len(f.pins) == 0 {
			t.unwatch(f)
		}
	}
	clear(t.idle)
}
