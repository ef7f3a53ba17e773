package digest

import (
	"maps"
	"slices"
	"strings"
)

// find is where a key is, or where it belongs.
func (f *folder) find(key string) (int, bool) {
	return slices.BinarySearchFunc(f.entries, key, func(e entry, key string) int { return strings.Compare(e.key, key) })
}

// walk visits the files in the order of their paths until visit returns false.
// The path is only lent.
func (f *folder) walk(path []byte, visit func(path []byte, s *sum) bool) bool {
	if f == nil {
		return true
	}
	for i := range f.entries {
		e := &f.entries[i]
		at := append(path, e.key...)
		if e.below == nil {
			if !visit(at, &e.sum) {
				return false
			}
		} else if !e.below.walk(at, visit) {
			return false
		}
	}
	return true
}

// newFolder is a folder of the given entries, nil when there are none: a tree
// knows no empty folders.
func newFolder(entries []entry) *folder {
	if len(entries) == 0 {
		return nil
	}
	f := &folder{entries: entries}
	for i := range entries {
		if below := entries[i].below; below != nil {
			f.files += below.files
		} else {
			f.files++
		}
	}
	return f
}

// edit is one change to a tree: a file's digest, a folder put over what is
// there, or the removal of a path with all below.
type edit struct {
	path   string
	sum    sum
	graft  *folder
	remove bool
}

// edited applies edits to a tree. Each folder they touch is copied once. Where
// two edits concern the same path, removals come first and the last one wins.
func (t Tree) edited(edits []edit) Tree {
	if len(edits) == 0 {
		return t
	}
	return Tree{t.root.edited(edits)}
}

func (f *folder) edited(edits []edit) *folder {
	byName := map[string][]edit{}
	for _, e := range edits {
		name, rest, deeper := strings.Cut(e.path, "/")
		if !deeper {
			rest = ""
		} else if rest == "" {
			continue // a path that ends with a slash names no file
		}
		e.path = rest
		byName[name] = append(byName[name], e)
	}
	changed := make(map[string]entry, len(byName)) // by key; without content: to be removed
	for name, edits := range byName {
		f.edit(name, edits, changed)
	}
	if len(changed) == 0 {
		return f
	}
	return f.replaced(changed)
}

// edit finds out what becomes of a name that the edits (their paths relative to
// it) concern.
func (f *folder) edit(name string, edits []edit, changed map[string]entry) {
	file, dir := name, name+"/"
	var below *folder
	if f != nil {
		if i, ok := f.find(dir); ok {
			below = f.entries[i].below
		}
	}
	was := below
	var deeper []edit
	for _, e := range edits {
		if e.path == "" && e.remove {
			changed[file], below = entry{}, nil
		}
	}
	for _, e := range edits {
		switch {
		case e.path != "":
			deeper = append(deeper, e)
		case e.remove:
		case e.graft != nil:
			below = union(below, e.graft)
		default:
			changed[file] = entry{key: file, sum: e.sum}
		}
	}
	if len(deeper) > 0 {
		below = below.edited(deeper)
	}
	switch {
	case below == was:
	case below == nil:
		changed[dir] = entry{}
	default:
		changed[dir] = entry{key: dir, below: below}
	}
}

// replaced is the folder with the changed entries in place of its own; f itself
// where they say nothing new.
func (f *folder) replaced(changed map[string]entry) *folder {
	var old []entry
	if f != nil {
		old = f.entries
	}
	entries := make([]entry, 0, len(old)+len(changed))
	differs := false
	i := 0
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		for i < len(old) && old[i].key < key {
			entries = append(entries, old[i])
			i++
		}
		now, had := changed[key], i < len(old) && old[i].key == key
		gone := now.key == ""
		differs = differs || had == gone || had && now != old[i]
		if had {
			i++
		}
		if !gone {
			entries = append(entries, now)
		}
	}
	if !differs {
		return f
	}
	return newFolder(append(entries, old[i:]...))
}

// union is both folders in one; b counts where both have a file.
func union(a, b *folder) *folder {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	changed := make(map[string]entry, len(b.entries))
	for _, e := range b.entries {
		if i, ok := a.find(e.key); ok && e.below != nil {
			e.below = union(a.entries[i].below, e.below)
		}
		changed[e.key] = e
	}
	return a.replaced(changed)
}
