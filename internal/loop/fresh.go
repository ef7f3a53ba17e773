package loop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/devloop-dev/devloop/internal/plan"
)

const (
	// quiet is how old a change must be to be believed. A look that comes at once,
	// for devloop wait or for another file's event, can meet an editor between
	// emptying a file and writing it.
	quiet = 25 * time.Millisecond
	// patience bounds how long a file that is written all the time is waited for.
	patience = time.Second
)

// fresh: something the actions are about changed a moment before it was looked at,
// or since, and may have been read half written.
func (o *owner) fresh(l look, actions []plan.Action) bool {
	for _, a := range actions {
		for _, path := range a.Paths {
			if since(filepath.Join(o.opts.dir(), filepath.FromSlash(path)), l.began.Add(-quiet)) {
				return true
			}
		}
	}
	for _, err := range l.errs {
		var at *fs.PathError
		if errors.As(err, &at) && since(at.Path, l.began.Add(-quiet)) {
			return true
		}
	}
	return false
}

// since: a file was written, or one that is not there was removed, after a moment.
func since(path string, moment time.Time) bool {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(path))
	}
	return err == nil && info.ModTime().After(moment)
}
