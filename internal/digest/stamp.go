package digest

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
)

// Stamp is made of the stat data of files and of the folders they are in, links
// followed. While it stays the same, none of them was written, and none came or
// went: a reader in between has read what a digest of that time says. On systems
// that tell no change time, a write that restores size and times is not seen.
func Stamp(paths iter.Seq[string]) string {
	var parts []string
	add := func(path string) {
		text := path + " -"
		if info, err := os.Stat(path); err == nil {
			text = fmt.Sprint(path, statOf(info))
		}
		parts = append(parts, text)
	}
	folders := map[string]bool{}
	for path := range paths {
		add(path)
		if dir := filepath.Dir(path); !folders[dir] {
			folders[dir] = true
			add(dir)
		}
	}
	return Of(parts...)
}
