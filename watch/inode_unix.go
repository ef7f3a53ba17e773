//go:build unix

package watch

import (
	"io/fs"
	"syscall"
)

// fileID tells two folders apart whatever their paths.
type fileID struct{ dev, ino uint64 }

func inode(info fs.FileInfo) (fileID, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}, false
	}
	return fileID{uint64(st.Dev), uint64(st.Ino)}, true //nolint:unconvert // the widths differ between systems
}
