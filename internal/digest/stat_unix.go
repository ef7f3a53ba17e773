//go:build linux || darwin

package digest

import (
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func statOf(info fs.FileInfo) stat {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		mtime, ctime := times(sys)
		return stat{size: sys.Size, mtime: mtime, ctime: ctime, inode: sys.Ino, mode: modeOf(uint32(sys.Mode))}
	}
	return stat{size: info.Size(), mtime: info.ModTime().UnixNano(), mode: info.Mode()}
}

func statOfUnix(sys *unix.Stat_t) stat {
	return stat{size: sys.Size, mtime: sys.Mtim.Nano(), ctime: sys.Ctim.Nano(), inode: sys.Ino, mode: modeOf(uint32(sys.Mode))}
}

func modeOf(mode uint32) fs.FileMode {
	perm := fs.FileMode(mode & 0o777)
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return perm
	case unix.S_IFDIR:
		return perm | fs.ModeDir
	case unix.S_IFLNK:
		return perm | fs.ModeSymlink
	}
	return perm | fs.ModeIrregular
}

// opened is an open file. It is no os.File, which would ask the system more about
// each of a hundred thousand files than its digest needs.
type opened struct {
	fd   int
	path string
}

func openFile(path string) (*opened, error) {
	for {
		// Not to wait for a pipe that took a file's name meanwhile.
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err == nil {
			return &opened{fd, path}, nil
		}
		if err != unix.EINTR {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

func (o *opened) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(o.fd, p)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, &fs.PathError{Op: "read", Path: o.path, Err: err}
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (o *opened) Seek(offset int64, whence int) (int64, error) {
	return unix.Seek(o.fd, offset, whence)
}

func (o *opened) Close() error { return unix.Close(o.fd) }

func (o *opened) stat() (stat, error) {
	var sys unix.Stat_t
	if err := unix.Fstat(o.fd, &sys); err != nil {
		return stat{}, &fs.PathError{Op: "stat", Path: o.path, Err: err}
	}
	return statOfUnix(&sys), nil
}

// listing is an open folder.
type listing struct{ f *os.File }

func openFolder(path string) (*listing, []fs.DirEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	entries, err := f.ReadDir(-1)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return &listing{f}, entries, nil
}

func (l *listing) close() { l.f.Close() }

// stat looks an entry up in the open folder, which spares the system the way
// there from the root.
func (l *listing) stat(d fs.DirEntry) (stat, error) {
	var sys unix.Stat_t
	for {
		err := unix.Fstatat(int(l.f.Fd()), d.Name(), &sys, unix.AT_SYMLINK_NOFOLLOW)
		if err == nil {
			return statOfUnix(&sys), nil
		}
		if err != unix.EINTR {
			return stat{}, &fs.PathError{Op: "stat", Path: l.f.Name() + "/" + d.Name(), Err: err}
		}
	}
}
