package digest

import (
	"errors"
	"io/fs"
	"syscall"
)

// vanished: what was there a moment ago is gone, or something else has its name.
func vanished(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
