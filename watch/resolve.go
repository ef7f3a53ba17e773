package watch

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// hop is a name in a folder on which the meaning of a path depends: a
// symbolic link on the way, the last name, or the first one that is missing.
type hop struct {
	dir, name string
	final     bool // the name is a link or the end, not just a missing parent
}

// place is where a path leads.
type place struct {
	real string      // without symbolic links; empty when missing
	info fs.FileInfo // nil when missing
	hops []hop
	err  error // why it is missing
}

// maxLinks is the number of symbolic links Linux follows (path_resolution(7)).
const maxLinks = 40

// resolve follows path and lists every name whose change would change the
// result, which filepath.EvalSymlinks does not tell.
func resolve(path string) place {
	var p place
	vol := filepath.VolumeName(path)
	top := vol + string(filepath.Separator)
	cur, rest := top, strings.TrimPrefix(path[len(vol):], string(filepath.Separator))
	for links := 0; rest != ""; {
		name, more, _ := strings.Cut(rest, string(filepath.Separator))
		rest = more
		switch name {
		case "", ".":
			continue
		case "..":
			cur = filepath.Dir(cur)
			continue
		}
		next := filepath.Join(cur, name)
		info, err := os.Lstat(next)
		if err != nil {
			p.hops = append(p.hops, hop{cur, name, rest == ""})
			p.err = err
			return p
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			p.hops = append(p.hops, hop{cur, name, true})
			target, err := os.Readlink(next)
			if links++; err != nil || links > maxLinks {
				p.err = cmp.Or(err, fs.ErrNotExist)
				return p
			}
			if filepath.IsAbs(target) {
				vol := filepath.VolumeName(target)
				cur, target = vol+string(filepath.Separator), target[len(vol):]
			}
			rest = strings.TrimSuffix(target, string(filepath.Separator)) + string(filepath.Separator) + rest
			rest = strings.Trim(rest, string(filepath.Separator))
			continue
		}
		if rest == "" {
			p.hops = append(p.hops, hop{cur, name, true})
			p.real, p.info = next, info
			return p
		}
		if !info.IsDir() {
			p.hops = append(p.hops, hop{cur, name, false})
			p.err = fs.ErrNotExist
			return p
		}
		cur = next
	}
	// The path ends in "..", "." or is the top folder itself.
	info, err := os.Lstat(cur)
	if err != nil {
		p.err = err
		return p
	}
	p.real, p.info = cur, info
	return p
}
