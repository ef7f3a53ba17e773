package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// racy is how old a file must be for its times to be believed: a second write
// within the clock's grain leaves size and times as they are.
const racy = 2 * time.Second

// Hasher digests files and remembers them by their stat data. The zero value
// is not usable; see New. It is safe for concurrent use.
type Hasher struct {
	mu    sync.Mutex
	known map[string]entry
	reads int
}

type entry struct {
	stat stat
	sum  string
}

// stat is what must be the same for a file to be taken as unchanged. Where the
// system has no inode or change time they stay zero.
type stat struct {
	size         int64
	mode         fs.FileMode
	mtime, ctime int64
	inode        uint64
}

// New returns a Hasher that knows no file yet.
func New() *Hasher {
	return &Hasher{known: map[string]entry{}}
}

// Reads is how many files have been read so far: what a test or a benchmark
// counts to see that unchanged files cost no read.
func (h *Hasher) Reads() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reads
}

// File is the digest in hex of one file: of its permission bits and content,
// or, for a symbolic link, of its target. It returns an error that wraps
// fs.ErrNotExist when there is no such file, and an error for anything that is
// neither a regular file nor a link.
func (h *Hasher) File(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	return h.digest(path, info)
}

// Content is File for what a path leads to: symbolic links are followed, as
// whoever opens the file does.
func (h *Hasher) Content(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return h.File(real)
}

func (h *Hasher) digest(path string, info fs.FileInfo) (string, error) {
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		return Of("link", filepath.ToSlash(target)), nil
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is neither a file, a folder nor a link (%s)", path, info.Mode().Type())
	}
	st := statOf(info)
	h.mu.Lock()
	old, ok := h.known[path]
	h.mu.Unlock()
	if ok && old.stat == st {
		return old.sum, nil
	}
	sum, err := read(path, info.Mode())
	if err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads++
	// A file written a moment ago can be written again without its times
	// moving: believe it only once it has settled.
	if time.Since(info.ModTime()).Abs() > racy {
		h.known[path] = entry{stat: st, sum: sum}
	} else {
		delete(h.known, path)
	}
	return sum, nil
}

func read(path string, mode fs.FileMode) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	d := sha256.New()
	writePart(d, modeWord(mode))
	if _, err := io.Copy(d, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(d.Sum(nil)), nil
}

// modeWord keeps the one permission that travels between systems and checkouts
// and that changes how a file behaves in an image: whether it may be executed.
func modeWord(mode fs.FileMode) string {
	if mode&0o111 != 0 {
		return "x"
	}
	return "-"
}

// Tree digests every file below root. skip is asked for every path (relative to
// root, slash-separated) and leaves it out, a folder with all below it; nil skips
// nothing. A root that is a file gives a tree of one entry under its base name.
// Files that vanish during the walk are left out: the event of their going brings
// the next look.
func (h *Hasher) Tree(ctx context.Context, root string, skip func(rel string, dir bool) bool) (Tree, error) {
	tree := Tree{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) && path != root {
				return nil
			}
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if rel == "." {
			if d.IsDir() {
				return nil
			}
			rel = d.Name()
		} else if skip != nil && skip(rel, d.IsDir()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		return h.add(tree, rel, path, d)
	})
	if err != nil {
		return nil, err
	}
	return tree, nil
}

func (h *Hasher) add(tree Tree, rel, path string, d fs.DirEntry) error {
	info, err := d.Info()
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0 {
		return nil // sockets, pipes and devices are no input of anything
	}
	sum, err := h.digest(path, info)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	tree[rel] = sum
	return nil
}
