package watch

import (
	"path"
	"strings"
)

// EditorFile reports whether a file of this base name is an editor's own: a
// swap file, a lock, a backup or a probe, or the Finder's .DS_Store. Such files
// are never reported, except as a Root of their own.
func EditorFile(name string) bool {
	switch {
	case name == ".DS_Store", name == "4913": // vim probes a folder with 4913
		return true
	case strings.HasSuffix(name, "~"), strings.HasPrefix(name, ".#"):
		return true
	case len(name) > 1 && name[0] == '#' && name[len(name)-1] == '#':
		return true
	case strings.HasSuffix(name, "___jb_tmp___"), strings.HasSuffix(name, "___jb_old___"):
		return true
	case strings.HasPrefix(name, ".goutputstream-"), strings.HasSuffix(name, ".kate-swp"): // gedit, Kate
		return true
	}
	vim, _ := path.Match("*.sw[a-px]", name)
	return vim && name[0] == '.'
}
