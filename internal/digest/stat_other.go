//go:build !linux && !darwin

package digest

import (
	"io/fs"
	"os"
)

// statOf does without inode and change time here; size, mode and the time of
// writing still tell, and a file written within the last two seconds is always
// read again.
func statOf(info fs.FileInfo) stat {
	return stat{size: info.Size(), mode: info.Mode(), mtime: info.ModTime().UnixNano()}
}

type opened struct{ *os.File }

func openFile(path string) (*opened, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &opened{f}, nil
}

func (o *opened) stat() (stat, error) {
	info, err := o.Stat()
	if err != nil {
		return stat{}, err
	}
	return statOf(info), nil
}

// listing is a folder that was read. Where a listing carries the stat data, as on
// Windows, they cost nothing more.
type listing struct{}

func openFolder(path string) (*listing, []fs.DirEntry, error) {
	entries, err := os.ReadDir(path)
	return &listing{}, entries, err
}

func (l *listing) close() {}

func (l *listing) stat(d fs.DirEntry) (stat, error) {
	info, err := d.Info()
	if err != nil {
		return stat{}, err
	}
	return statOf(info), nil
}
