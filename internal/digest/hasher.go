package digest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// racy is how old a file must be for its times to be believed: a second write
// within the clock's grain leaves size and times as they are. Git has the same
// rule (https://git-scm.com/docs/racy-git); two seconds is the grain of FAT.
const racy = 2 * time.Second

// attempts bounds how often a file is read that changes while it is read. A file
// that is written all the time gets the digest of one moment, which is not kept.
const attempts = 3

// Hasher digests files and remembers them by their stat data. The zero value
// is not usable; see New and Open. It is safe for concurrent use.
type Hasher struct {
	now      func() time.Time
	cache    string // file; empty for none
	large    func(Large)
	patience time.Duration // before large is told
	store    store
	reads    atomic.Int64
	readers  sync.Pool // of *reader
}

// New returns a Hasher that knows no file yet.
func New() *Hasher { return Open(Options{}) }

// Reads is how many files have been read so far: what a test or a benchmark
// counts to see that unchanged files cost no read.
func (h *Hasher) Reads() int { return int(h.reads.Load()) }

// File is the digest in hex of one file: of its permission bits and content,
// or, for a symbolic link, of its target. It returns an error that wraps
// fs.ErrNotExist when there is no such file, and an error for anything that is
// neither a regular file nor a link.
func (h *Hasher) File(path string) (string, error) {
	s, err := h.file(path)
	if err != nil {
		return "", err
	}
	return s.String(), nil
}

// OfFile is the digest that File gives of a regular file with this mode and content.
func OfFile(mode fs.FileMode, content []byte) string {
	r := reader{hash: sha256.New(), buf: make([]byte, 32<<10)}
	s, _ := r.sum(bytes.NewReader(content), stat{mode: mode}) // from memory, which cannot fail
	return s.String()
}

// OfLink is the digest that File gives of a symbolic link with this target.
func OfLink(target string) string { return Of("link", filepath.ToSlash(target)) }

// Content is File for what a path leads to: symbolic links are followed, as
// whoever opens the file does.
func (h *Hasher) Content(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return h.File(real)
}

func (h *Hasher) file(path string) (sum, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return sum{}, err
	}
	st := statOf(info)
	switch st.kind() {
	case fs.ModeSymlink:
		return link(path)
	case 0:
	default:
		return sum{}, fmt.Errorf("%s is neither a file, a folder nor a link (%s)", path, info.Mode().Type())
	}
	dir, name := filepath.Dir(path), filepath.Base(path)
	if rec, ok := h.store.get(dir, name); ok && rec.stat == st {
		return rec.sum, nil
	}
	rec, keep, err := h.read(path, name, st)
	if err != nil {
		return sum{}, err
	}
	h.store.put(dir, rec, keep)
	return rec.sum, nil
}

func link(path string) (sum, error) {
	target, err := os.Readlink(path)
	if err != nil {
		return sum{}, err
	}
	return toSum(OfLink(target)), nil
}

// read digests a regular file that had the given stat data a moment ago. It reads
// again when the file changed meanwhile. keep: the record may be believed later.
func (h *Hasher) read(path, name string, st stat) (rec record, keep bool, err error) {
	f, err := openFile(path)
	if err != nil {
		return record{}, false, err
	}
	defer f.Close()
	with := h.readers.Get().(*reader)
	defer h.readers.Put(with)
	h.reads.Add(1)
	rec.name = name
	for range attempts {
		if rec.sum, err = with.sum(f, st); err != nil {
			return record{}, false, err
		}
		rec.stat, err = f.stat()
		if err != nil {
			return record{}, false, err
		}
		if rec.stat == st {
			return rec, settled(h.now(), st), nil
		}
		if st = rec.stat; st.kind() != 0 {
			break // the name led to a file a moment ago and to something else now
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return record{}, false, err
		}
	}
	return rec, false, nil
}

// settled: a write from now on would show in the times.
func settled(now time.Time, st stat) bool {
	old := func(t int64) bool { return now.Sub(time.Unix(0, t)).Abs() > racy }
	return old(st.mtime) && (st.ctime == 0 || old(st.ctime))
}

// reader is what reading one file takes, kept for the next.
type reader struct {
	hash hash.Hash
	buf  []byte
}

func newReader() any { return &reader{hash: sha256.New(), buf: make([]byte, 64<<10)} }

func (r *reader) sum(from io.Reader, st stat) (s sum, err error) {
	r.hash.Reset()
	writePart(r.hash, []byte(modeWord(st.mode)))
	for {
		n, err := from.Read(r.buf)
		r.hash.Write(r.buf[:n])
		if errors.Is(err, io.EOF) {
			r.hash.Sum(s[:0])
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

// modeWord keeps the one permission that travels between systems and checkouts
// and that changes how a file behaves in an image: whether it may be executed.
func modeWord(mode fs.FileMode) string {
	if mode&0o111 != 0 {
		return "x"
	}
	return "-"
}
