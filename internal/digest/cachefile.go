package digest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// header begins a cache file. It changes with the form of the file and with what
// a digest is taken over.
const header = "devloop digests 1\n"

const (
	cacheSuffix = ".digests"
	forgetAfter = 30                  // days that nobody asked for a folder
	sweepAfter  = 90 * 24 * time.Hour // that nobody wrote a cache file
)

// CachePath is where the digests of a project's files are kept between runs, in
// the user's cache folder. project is the absolute path of its devloop.yaml.
func CachePath(project string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the digests of files: %w", err)
	}
	return filepath.Join(dir, "devloop", Of(project)[:16]+cacheSuffix), nil
}

// Save writes what is known to the cache file, if there is one and anything is new.
// Another process that does the same is no harm: the file is replaced whole, and
// the last one wins.
func (h *Hasher) Save() error {
	if h.cache == "" || !h.store.unsaved() {
		return nil
	}
	if err := h.save(); err != nil {
		return fmt.Errorf("keep the digests of files: %w", err)
	}
	return nil
}

func (h *Hasher) save() error {
	dir := filepath.Dir(h.cache)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "*"+cacheSuffix+".new")
	if err != nil {
		return err
	}
	err = h.store.encode(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), h.cache)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	sweep(dir, h.now())
	return nil
}

// sweep removes cache files that nobody uses. What cannot be removed stays.
func sweep(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, d := range entries {
		ours := strings.HasSuffix(d.Name(), cacheSuffix) || strings.HasSuffix(d.Name(), cacheSuffix+".new")
		if info, err := d.Info(); ours && err == nil && now.Sub(info.ModTime()) > sweepAfter {
			os.Remove(filepath.Join(dir, d.Name()))
		}
	}
}

// load takes over a cache file. One that is missing, damaged or of another
// version is as good as none: everything is read again.
func (h *Hasher) load() {
	data, err := os.ReadFile(h.cache)
	if err != nil {
		return
	}
	if shelves, ok := decode(data, h.store.today); ok {
		h.store.shelves = shelves
	}
}

// unsaved tells whether anything is new since it was last asked.
func (s *store) unsaved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.changed
	s.changed = false
	return was
}

// encode writes the folders one by one, so that nobody waits for one for long.
func (s *store) encode(to io.Writer) error {
	s.mu.Lock()
	shelves := maps.Clone(s.shelves)
	s.mu.Unlock()
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(to, sum), 256<<10)
	w.WriteString(header)
	var buf []byte
	for _, dir := range slices.Sorted(maps.Keys(shelves)) {
		buf = shelves[dir].encode(buf[:0], dir)
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := to.Write(sum.Sum(nil))
	return err
}

func (f *shelf) encode(b []byte, dir string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.records) == 0 {
		return b
	}
	length := 0
	for _, r := range f.records {
		length += len(r.name)
	}
	b = binary.AppendUvarint(b, uint64(len(dir)))
	b = append(b, dir...)
	b = binary.AppendUvarint(b, uint64(f.day))
	b = binary.AppendUvarint(b, uint64(len(f.records)))
	b = binary.AppendUvarint(b, uint64(length))
	for _, r := range f.records {
		b = append(b, r.name...)
	}
	for _, r := range f.records {
		b = binary.AppendUvarint(b, uint64(len(r.name)))
		b = binary.AppendUvarint(b, uint64(r.stat.size))
		b = binary.BigEndian.AppendUint64(b, uint64(r.stat.mtime))
		b = binary.BigEndian.AppendUint64(b, uint64(r.stat.ctime))
		b = binary.AppendUvarint(b, r.stat.inode)
		b = binary.AppendUvarint(b, uint64(r.stat.mode))
		b = append(b, r.sum[:]...)
	}
	return b
}

// decode reads a cache file, but for folders that nobody asked for in a month.
func decode(data []byte, today uint32) (map[string]*shelf, bool) {
	if len(data) < len(header)+sha256.Size || string(data[:len(header)]) != header {
		return nil, false
	}
	body, want := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], want) {
		return nil, false
	}
	return shelvesOf(body[len(header):], today)
}

func shelvesOf(body []byte, today uint32) (map[string]*shelf, bool) {
	d := decoder{rest: body}
	shelves := map[string]*shelf{}
	for len(d.rest) > 0 && !d.bad {
		dir := string(d.bytes(d.uint()))
		f := &shelf{day: uint32(d.uint())}
		n := d.uint()
		names := string(d.bytes(d.uint()))
		if d.bad || n > uint64(len(d.rest)) {
			return nil, false
		}
		f.records = make([]record, 0, n)
		for range n {
			length := d.uint()
			if length > uint64(len(names)) {
				return nil, false
			}
			r := record{name: names[:length]}
			names = names[length:]
			r.stat = stat{size: int64(d.uint()), mtime: int64(d.uint64()), ctime: int64(d.uint64()), inode: d.uint(), mode: fs.FileMode(d.uint())}
			copy(r.sum[:], d.bytes(sha256.Size))
			f.records = append(f.records, r)
		}
		if f.day+forgetAfter >= today {
			shelves[dir] = f
		}
	}
	return shelves, !d.bad
}

// decoder reads from the front of rest. After the first mistake it is bad and
// reads nothing but zeros.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uint64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}
