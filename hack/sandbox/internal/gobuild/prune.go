//go:build unix

package gobuild

import (
	"os"
	"path/filepath"
	"time"
)

// unused is how long a binary is kept after it was asked for last.
const unused = 30 * 24 * time.Hour

// use notes that the binaries in dir have been asked for.
func use(dir string, now time.Time) {
	_ = os.Chtimes(dir, now, now)
}

// prune removes the binaries that nobody has asked for in a long time. One
// that cannot be removed is left for the next time.
func prune(cache string, now time.Time) {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && entry.IsDir() && now.Sub(info.ModTime()) > unused {
			_ = os.RemoveAll(filepath.Join(cache, entry.Name()))
		}
	}
}
