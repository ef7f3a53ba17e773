package digest

import "io/fs"

// stat is what must be the same for a file to be taken as unchanged. Where the
// system has no inode or change time they stay zero. Times are in nanoseconds of
// the Unix epoch.
type stat struct {
	size         int64
	mtime, ctime int64
	inode        uint64
	mode         fs.FileMode // permissions and type
}

// kind is 0 for a regular file, else fs.ModeDir, fs.ModeSymlink or, for all that
// is no input of anything, fs.ModeIrregular.
func (s stat) kind() fs.FileMode { return kindOf(s.mode) }

func kindOf(mode fs.FileMode) fs.FileMode {
	switch t := mode.Type(); t {
	case 0, fs.ModeDir, fs.ModeSymlink:
		return t
	}
	return fs.ModeIrregular
}
