package filesync

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/digest"
)

// Overlay is what the containers of an image are to hold beside what it was
// built of.
type Overlay struct {
	Image   string // name, as in devloop.yaml
	Ref     string // reference of the containers that are meant
	Context string // absolute folder that Files lie in
	Rules   []Rule
	// Files are those that may differ from the image: all that do, and those that
	// did in an earlier Overlay of the same Ref; see Syncer.Touched.
	Files []Entry
}

// Entry is a file of an Overlay.
type Entry struct {
	Path     string // as seen from the context, with slashes
	Sum      string // its digest; empty when it is not there any more
	Original bool   // it is as in the image
}

// ErrChanged: a file is not what its digest says, since it was written meanwhile.
var ErrChanged = errors.New("the file changed while it was read")

// mostBytes bounds what is kept in memory for containers that start later.
const mostBytes = 32 << 20

// file is something to have in a container.
type file struct {
	path     string // absolute, in the container
	below    string // the folder of its rule, which is never removed
	rule     int
	sum      string // digest; empty: it is not to be there
	original bool   // it is as in the image
	mode     fs.FileMode
	link     string // what a symbolic link leads to
	data     []byte
	prune    int // how many folders above it are gone, too
}

func (f file) gone() bool { return f.sum == "" }

// held is what a container was given of a file.
type held struct {
	sum    string
	pruned int // the folders of it that went, too: some may go after the file
}

// overlay is an Overlay with its files read.
type overlay struct {
	Overlay
	ref   string          // canonical
	files map[string]file // by Entry.Path
}

// read takes the content of an overlay from the disk, but for what an older one
// has of it.
func read(o Overlay, older *overlay) (*overlay, error) {
	ref, err := build.Canonical(o.Ref)
	if err != nil {
		return nil, err
	}
	all := &overlay{Overlay: o, ref: ref, files: map[string]file{}}
	size := 0
	for _, e := range o.Files {
		rule, target, ok := find(o.Rules, e.Path)
		if !ok {
			return nil, fmt.Errorf("%s is not under sync", e.Path)
		}
		f := file{path: target, below: o.Rules[rule].To, rule: rule, sum: e.Sum, original: e.Original}
		had, known := older.file(e.Path)
		switch {
		case e.Sum == "":
			f.prune = missing(o.Context, e.Path, target, f.below)
		case known && had.sum == e.Sum:
			f.mode, f.link, f.data = had.mode, had.link, had.data
		default:
			if err := f.read(filepath.Join(o.Context, filepath.FromSlash(e.Path)), size); err != nil {
				return nil, err
			}
		}
		if size += len(f.data); size > mostBytes {
			return nil, errTooMuch
		}
		all.files[e.Path] = f
	}
	return all, nil
}

var errTooMuch = fmt.Errorf("more than %d MiB would be synced", mostBytes>>20)

func (o *overlay) file(path string) (file, bool) {
	if o == nil {
		return file{}, false
	}
	f, ok := o.files[path]
	return f, ok
}

// read takes over a file's content, which must be that of its digest.
func (f *file) read(path string, before int) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("sync %s: %w", path, ErrChanged)
	case err != nil:
		return fmt.Errorf("sync: %w", err)
	}
	sum := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if f.link, err = os.Readlink(path); err != nil {
			return fmt.Errorf("sync %s: %w: %w", path, ErrChanged, err)
		}
		f.link = filepath.ToSlash(f.link)
		sum = digest.OfLink(f.link)
	case int64(before)+info.Size() > mostBytes:
		return errTooMuch
	default:
		if f.data, err = os.ReadFile(path); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		sum = digest.OfFile(info.Mode(), f.data)
	}
	f.mode = info.Mode().Perm()
	if sum != f.sum {
		return fmt.Errorf("sync %s: %w", path, ErrChanged)
	}
	return nil
}

// missing counts the folders above a file that is gone which are no folders on
// this machine any more, up to the folder of the rule.
func missing(context, file, target, below string) (n int) {
	for {
		file, target = path.Dir(file), path.Dir(target)
		if target == below || file == "." || !strings.HasPrefix(target, below+"/") {
			return n
		}
		if info, err := os.Lstat(filepath.Join(context, filepath.FromSlash(file))); err == nil && info.IsDir() {
			return n
		}
		n++
	}
}

// todo lists what a container lacks that was given what holds has, by path: what is to
// go first, as a folder may take the place of a file, and a file that of a folder.
func (o *overlay) todo(holds map[string]held) (todo []file) {
	for _, f := range o.files {
		had, touched := holds[f.path]
		if !touched && f.original || touched && had.sum == f.sum && had.pruned >= f.prune {
			continue
		}
		todo = append(todo, f)
	}
	slices.SortFunc(todo, func(a, b file) int {
		switch {
		case a.gone() != b.gone():
			if a.gone() {
				return -1
			}
			return 1
		case a.gone():
			return strings.Compare(b.path, a.path) // what lies deeper comes first
		}
		return strings.Compare(a.path, b.path)
	})
	return todo
}
