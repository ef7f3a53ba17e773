package build

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/devloop-dev/devloop/internal/digest"
)

// Sent is what a build sent of its context.
type Sent struct {
	Files int
	Bytes int64
	// Took is how long the transfer was, by BuildKit's own clock. The classic
	// builder does not tell.
	Took time.Duration
}

// shipment is a context that the docker daemon asks for file by file: exactly
// the files of some inputs, with all that varies between machines (owners,
// umask) fixed, and each file's digest checked as its bytes go by.
//
// The daemon keeps what it was sent and asks for a file again when its size,
// mode or time differ. So that an edit which leaves all three alone is not
// missed, the part of the time below a second is taken from the digest. The
// seconds are the file's own, since servers in the image tell browsers by them
// what has changed, unless the build argument SOURCE_DATE_EPOCH fixes them
// (https://reproducible-builds.org/specs/source-date-epoch/).
type shipment struct {
	src   source
	files map[string]string
	names []string // of what is visible to COPY, folders included, in the order of a walk
	epoch *int64
	abort func() // ends the build: a sender that fails only waits to be asked for more

	sentFiles, sentBytes atomic.Int64

	mu     sync.Mutex
	failed error // the first failure; the daemon only hears that there was one
}

var _ fsutil.FS = (*shipment)(nil)

const epochArg = "SOURCE_DATE_EPOCH"

func newShipment(src source, in Inputs) (*shipment, error) {
	r, err := src.rules()
	if err != nil {
		return nil, err
	}
	s := &shipment{src: src, files: in.Files}
	if text, ok := src.Args[epochArg]; ok {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("image %s: build argument %s=%s: write seconds since 1970", src.Name, epochArg, text)
		}
		s.epoch = &seconds
	}
	seen := map[string]bool{}
	for key := range in.Files {
		// The Dockerfile and its rules are inputs; COPY sees them where the rules let it.
		ignored := false
		if slices.Contains(r.always, key) {
			ignored, _ = r.decide(key)
		}
		if !inside(key) || ignored {
			continue
		}
		for name := key; name != "." && !seen[name]; name = path.Dir(name) {
			seen[name] = true
		}
	}
	s.names = slices.SortedFunc(maps.Keys(seen), compareWalk)
	return s, nil
}

// compareWalk is the order in which a walk meets paths: a folder comes right
// before what is in it.
func compareWalk(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}

// Walk tells fn of all there is at and below target.
func (s *shipment) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	target = strings.TrimPrefix(path.Clean(filepath.ToSlash(target)), "/")
	skipped := "" // a folder that fn wants no more of
	for _, name := range s.names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if target != "" && target != "." && name != target && !strings.HasPrefix(name, target+"/") {
			continue
		}
		if skipped != "" && strings.HasPrefix(name, skipped+"/") {
			continue
		}
		stat, err := s.stat(name)
		if err != nil {
			return s.fail(name, err)
		}
		entry := &fsutil.DirEntryInfo{Stat: stat}
		switch err := fn(filepath.FromSlash(name), entry, nil); {
		case errors.Is(err, filepath.SkipDir) && entry.IsDir():
			skipped = name
		case errors.Is(err, filepath.SkipDir):
			skipped = path.Dir(name)
		case errors.Is(err, filepath.SkipAll):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

func (s *shipment) stat(name string) (*fstypes.Stat, error) {
	sum, file := s.files[name]
	if !file {
		return &fstypes.Stat{Path: name, Mode: uint32(fs.ModeDir | 0o755), ModTime: s.time(0, "")}, nil
	}
	info, err := os.Lstat(s.src.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: it is gone", ErrInputsChanged)
	}
	if err != nil {
		return nil, err
	}
	stat := &fstypes.Stat{Path: name, ModTime: s.time(info.ModTime().Unix(), sum)}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(s.src.path(name))
		if err != nil {
			return nil, err
		}
		if target = filepath.ToSlash(target); digest.Of("link", target) != sum {
			return nil, ErrInputsChanged
		}
		stat.Mode, stat.Linkname = uint32(fs.ModeSymlink|0o777), target
		return stat, nil
	}
	if !info.Mode().IsRegular() {
		return nil, ErrInputsChanged
	}
	stat.Mode, stat.Size = uint32(packedMode(info.Mode())), info.Size()
	return stat, nil
}

// time is what the daemon is told of a file's last change, in nanoseconds.
func (s *shipment) time(seconds int64, sum string) int64 {
	if s.epoch != nil {
		seconds = *s.epoch
	}
	return marked(seconds, sum)
}

// marked is a time in nanoseconds whose part below a second comes from a digest.
func marked(seconds int64, sum string) int64 {
	mark, _ := strconv.ParseUint(sum[:min(8, len(sum))], 16, 32) // no digest, no mark
	return seconds*1e9 + int64(mark)%1e9
}

// Open gives a file's bytes. It never fails by itself, since the daemon would
// then take the file for empty: reading fails.
func (s *shipment) Open(name string) (io.ReadCloser, error) {
	name = strings.TrimPrefix(path.Clean(filepath.ToSlash(name)), "/")
	f, err := os.Open(s.src.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: it is gone", ErrInputsChanged)
	}
	r := &checked{ship: s, name: name, file: f, err: err}
	if err == nil {
		var info fs.FileInfo
		if info, r.err = f.Stat(); r.err == nil {
			r.sum = contentSum(info.Mode())
		}
	}
	s.sentFiles.Add(1)
	return r, nil
}

// fail keeps the first failure: what the daemon says of it is vague.
func (s *shipment) fail(name string, err error) error {
	err = fmt.Errorf("image %s: send %s: %w", s.src.Name, s.src.path(name), err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = cmp.Or(s.failed, err)
	s.abort()
	return err
}

// failure is what went wrong on this side, or nil.
func (s *shipment) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *shipment) sent() Sent {
	return Sent{Files: int(s.sentFiles.Load()), Bytes: s.sentBytes.Load()}
}

// checked is a file whose end is an error when it is not what the inputs say.
type checked struct {
	ship *shipment
	name string
	file *os.File
	sum  hash.Hash
	err  error
}

func (r *checked) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.ship.fail(r.name, r.err)
	}
	n, err := r.file.Read(p)
	r.sum.Write(p[:n])
	r.ship.sentBytes.Add(int64(n))
	if errors.Is(err, io.EOF) && hex.EncodeToString(r.sum.Sum(nil)) != r.ship.files[r.name] {
		err = ErrInputsChanged
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
		return n, r.ship.fail(r.name, err)
	}
	return n, err
}

func (r *checked) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
