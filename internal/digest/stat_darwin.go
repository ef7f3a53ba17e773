package digest

import "syscall"

func times(sys *syscall.Stat_t) (mtime, ctime int64) {
	return sys.Mtimespec.Nano(), sys.Ctimespec.Nano()
}
