package build

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
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
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/digest"
)

// hiddenDockerfile is the name under which a Dockerfile travels that lies
// outside the context or that COPY must not see.
const hiddenDockerfile = ".dockerfile.devloop"

// parcel is a context on its way to the docker daemon: a tar of exactly the
// files of some inputs, with all that varies between machines (times, owners,
// umask) fixed, and each file's digest checked as its bytes go by.
type parcel struct {
	src        source
	files      map[string]string
	rules      *rules
	dockerfile string // the Dockerfile's name in the tar
	text       []byte // the Dockerfile where it was rewritten, else nil
	ignoreMore string // lines that hide the Dockerfile, added to .dockerignore

	tw   *tar.Writer
	made map[string]bool // folders that have an entry
}

// newParcel settles how the Dockerfile travels. The classic builder finds it in
// the tar, and removes it and .dockerignore from the context where
// .dockerignore, the only ignore file it knows, ignores them. So with a
// .dockerignore in force both travel as they are; else a hidden Dockerfile gets
// a name of its own and a line that hides that.
//
// A Dockerfile that was rewritten, so that it names other images, is hidden, too;
// what the user wrote is a file like others then.
func newParcel(j job) (*parcel, error) {
	src, in := j.src, j.in
	r, err := src.rules()
	if err != nil {
		return nil, err
	}
	p := &parcel{src: src, files: in.Files, rules: r, dockerfile: src.key(src.Dockerfile), made: map[string]bool{}}
	if len(src.Bases) > 0 {
		if p.text, err = j.dockerfile(); err != nil {
			return nil, err
		}
	}
	if p.text != nil || !inside(p.dockerfile) || (r.file != ignoreName && p.ignored(p.dockerfile)) {
		p.dockerfile = hiddenDockerfile
		p.ignoreMore = hiddenDockerfile + "\n"
		if _, ok := in.Files[ignoreName]; !ok {
			p.ignoreMore += ignoreName + "\n"
		}
	}
	return p, nil
}

func (p *parcel) ignored(key string) bool {
	ignored, _ := p.rules.decide(key)
	return ignored
}

// write streams the tar. It returns an error that wraps ErrInputsChanged when a
// file is not what the inputs say; the tar is then without its end, and no
// reader takes it for whole.
func (p *parcel) write(ctx context.Context, w io.Writer) error {
	p.tw = tar.NewWriter(w)
	for _, key := range slices.Sorted(maps.Keys(p.files)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.add(key); err != nil {
			return fmt.Errorf("image %s: pack %s: %w", p.src.Name, p.src.path(key), err)
		}
	}
	if _, ok := p.files[ignoreName]; !ok && p.ignoreMore != "" {
		if err := p.entry(ignoreName, 0o644, strings.NewReader(""), 0, p.ignoreMore); err != nil {
			return fmt.Errorf("image %s: pack the context: %w", p.src.Name, err)
		}
	}
	if p.text != nil {
		if err := p.entry(hiddenDockerfile, 0o644, bytes.NewReader(p.text), int64(len(p.text)), ""); err != nil {
			return fmt.Errorf("image %s: pack the Dockerfile: %w", p.src.Name, err)
		}
	}
	if err := p.tw.Close(); err != nil {
		return fmt.Errorf("image %s: pack the context: %w", p.src.Name, err)
	}
	return nil
}

// name is where a file goes in the tar, empty for one that COPY must not see.
func (p *parcel) name(key string) string {
	switch {
	case key == p.src.key(p.src.Dockerfile) && p.text == nil:
		return p.dockerfile
	case key == p.src.key(p.src.Dockerfile) && p.rules.file != ignoreName && p.ignored(key):
		return ""
	case !inside(key), key == p.rules.file && key != ignoreName && p.ignored(key):
		return ""
	}
	return key
}

func (p *parcel) add(key string) error {
	file, want := p.src.path(key), p.files[key]
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: it is gone", ErrInputsChanged)
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return p.link(file, p.name(key), want)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	// The mode and size of what was opened: the name may lead elsewhere by now.
	if info, err = f.Stat(); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrInputsChanged
	}
	sum := contentSum(info.Mode())
	more := ""
	if key == ignoreName && p.ignoreMore != "" {
		more = "\n" + p.ignoreMore
	}
	if err := p.entry(p.name(key), packedMode(info.Mode()), io.TeeReader(f, sum), info.Size(), more); err != nil {
		return err
	}
	// Bytes beyond the size of a moment ago change the digest as well.
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return ErrInputsChanged
	}
	return nil
}

func (p *parcel) link(file, name, want string) error {
	target, err := os.Readlink(file)
	if err != nil {
		return err
	}
	target = filepath.ToSlash(target)
	if digest.Of("link", target) != want {
		return ErrInputsChanged
	}
	if name == "" {
		return nil
	}
	if err := p.folders(path.Dir(name)); err != nil {
		return err
	}
	return p.tw.WriteHeader(header(tar.TypeSymlink, name, target, 0, 0o777))
}

// entry writes one file: size bytes of r and then the text more. Without a name
// it only reads.
func (p *parcel) entry(name string, mode int64, r io.Reader, size int64, more string) error {
	if name == "" {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	if err := p.folders(path.Dir(name)); err != nil {
		return err
	}
	if err := p.tw.WriteHeader(header(tar.TypeReg, name, "", size+int64(len(more)), mode)); err != nil {
		return err
	}
	if _, err := io.CopyN(p.tw, r, size); err != nil {
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: it became shorter", ErrInputsChanged)
		}
		return err
	}
	_, err := io.WriteString(p.tw, more)
	return err
}

func (p *parcel) folders(dir string) error {
	if dir == "." || p.made[dir] {
		return nil
	}
	if err := p.folders(path.Dir(dir)); err != nil {
		return err
	}
	p.made[dir] = true
	return p.tw.WriteHeader(header(tar.TypeDir, dir+"/", "", 0, 0o755))
}

// header has no owner and the time 0: HTTP servers in the image take that for
// "unknown", where any other fixed time would tell browsers that an edited file
// is the one they have.
func header(kind byte, name, target string, size, mode int64) *tar.Header {
	return &tar.Header{Typeflag: kind, Name: name, Linkname: target, Size: size, Mode: mode, ModTime: time.Unix(0, 0)}
}

// contentSum is the digest of a file as digest.Hasher takes it, over a stream:
// the bytes that are sent must be the ones that are checked.
func contentSum(mode fs.FileMode) hash.Hash {
	word := "-"
	if mode&0o111 != 0 {
		word = "x"
	}
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(word))))
	io.WriteString(h, word)
	return h
}
