package digest

import (
	"io/fs"
	"syscall"
)

func statOf(info fs.FileInfo) stat {
	st := stat{size: info.Size(), mode: info.Mode(), mtime: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.inode = sys.Ino
		st.ctime = sys.Ctimespec.Nano()
	}
	return st
}
