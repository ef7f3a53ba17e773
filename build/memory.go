package build

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/devloop-dev/devloop/internal/digest"
)

// memory is a folder of files that are nowhere on disk: name -> text.
type memory map[string][]byte

var _ fsutil.FS = memory(nil)

// dockerfileFolder has a Dockerfile, and an ignore file that says that nothing is
// left out: what the rules leave out is not sent to begin with.
func dockerfileFolder(name string, text []byte) memory {
	return memory{name: text, name + ignoreSuffix: []byte("# applied by devloop\n")}
}

// Walk tells fn of the files whose name is target, or of all for the root.
func (m memory) Walk(_ context.Context, target string, fn fs.WalkDirFunc) error {
	target = strings.TrimPrefix(path.Clean(filepath.ToSlash(target)), "/")
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if target != "" && target != "." && target != name {
			continue
		}
		stat := &fstypes.Stat{Path: name, Mode: 0o644, Size: int64(len(m[name])), ModTime: marked(0, digest.Of(string(m[name])))}
		if err := fn(name, &fsutil.DirEntryInfo{Stat: stat}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Open gives a file's bytes.
func (m memory) Open(name string) (io.ReadCloser, error) {
	text, ok := m[strings.TrimPrefix(path.Clean(filepath.ToSlash(name)), "/")]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}
