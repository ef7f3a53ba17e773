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
	mount string            // its file system, if that is why it is polled
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
	blind  bool   // a folder on the way cannot be watched
	file   *stamp // set when the root is a file that no folder's watch tells all about
}

func (r *root) skips(rel string, dir bool) bool { return r.Skip != nil && r.Skip(rel, dir) }

// folderAt starts to watch a folder, or returns the one already watched. The
// error is told to the user, once, unless the folder is just gone.
func (t *tree) folderAt(path string) (*folder, error) {
	if f := t.folders[path]; f != nil {
		return f, nil
	}
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, t.tell(path, err)
	}
	f := &folder{path: path, info: info}
	id, hasID := inode(info)
	if old := t.inodes[id]; hasID && old != nil {
		// The folder was moved and the event that tells so is still in the
		// queue. The kernel would give its old watch back, under the old name.
		t.unwatch(old)
	}
	if err := t.watch(f); err != nil {
		return nil, t.tell(path, err)
	}
	delete(t.told, path)
	if hasID {
		t.inodes[id] = f
	}
	t.folders[path] = f
	t.idle[f] = struct{}{}
	return f, nil
}

// tell notices a folder that cannot be watched, and returns the error.
func (t *tree) tell(path string, err error) error {
	if _, told := t.told[path]; !told && !gone(err) {
		t.told[path] = struct{}{}
		t.notice(fmt.Errorf("watching %s: %w; what changes in it goes unnoticed until it can be watched", path, err))
	}
	return err
}

// gone reports whether an error only says that there is no such folder.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// passing reports whether an error may be over in a moment without an event
// that says so, unlike a missing or a forbidden folder: too many open files,
// a server that does not answer.
func passing(err error) bool {
	return err != nil && !gone(err) && !errors.Is(err, fs.ErrPermission)
}

// watch asks the system for a watch. Where there are no more, and on file
// systems that do not tell all, it has the folder polled.
func (t *tree) watch(f *folder) error {
	f.mount = t.mounts.deaf(f.info)
	if t.notifier != nil && f.mount == "" {
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
	if f.mount != "" && t.notifier != nil && t.mounts.first(f.info) {
		t.notice(fmt.Errorf("watching %s: it lies on %s, which does not tell what is changed from elsewhere; looking at the files every second or less often instead, which is slower", f.path, f.mount))
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
	delete(t.anchors, f)
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
