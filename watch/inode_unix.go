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

// device is that of the file system that holds a file.
func device(info fs.FileInfo) (uint64, bool) {
	id, ok := inode(info)
	return id.dev, ok
}

// names is how many hard links a file has.
func names(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(st.Nlink) //nolint:unconvert // the widths differ between systems
}
