package digest

// Diff lists, sorted, the paths that were added, removed or changed between
// the two trees. Folders that the trees share are not gone through.
func (t Tree) Diff(o Tree) []string {
	var paths []string
	diff(t.root, o.root, nil, func(path []byte) bool {
		paths = append(paths, string(path))
		return true
	})
	return paths
}

// Equal tells whether both trees have the same files of the same digests.
func (t Tree) Equal(o Tree) bool {
	same := true
	diff(t.root, o.root, nil, func([]byte) bool {
		same = false
		return false
	})
	return same
}

// diff calls found for each path that differs, in order, until that returns
// false. The path is only lent.
func diff(a, b *folder, path []byte, found func([]byte) bool) bool {
	if a == b {
		return true
	}
	all := func(path []byte, _ *sum) bool { return found(path) }
	if a == nil {
		return b.walk(path, all)
	}
	if b == nil {
		return a.walk(path, all)
	}
	one := func(e *entry) bool {
		if at := append(path, e.key...); e.below == nil {
			return found(at)
		} else {
			return e.below.walk(at, all)
		}
	}
	i, j := 0, 0
	for i < len(a.entries) || j < len(b.entries) {
		on := true
		switch {
		case j == len(b.entries) || i < len(a.entries) && a.entries[i].key < b.entries[j].key:
			on = one(&a.entries[i])
			i++
		case i == len(a.entries) || b.entries[j].key < a.entries[i].key:
			on = one(&b.entries[j])
			j++
		default:
			x, y := &a.entries[i], &b.entries[j]
			if x.below != nil {
				on = diff(x.below, y.below, append(path, x.key...), found)
			} else if x.sum != y.sum {
				on = found(append(path, x.key...))
			}
			i++
			j++
		}
		if !on {
			return false
		}
	}
	return true
}

// Like is the tree with every folder that is the same in the other one taken
// from there, so that the two share them: what a new walk of unchanged files
// allocated can go, and later comparisons are free.
func (t Tree) Like(o Tree) Tree { return Tree{like(t.root, o.root)} }

func like(now, was *folder) *folder {
	if now == nil || was == nil || now == was {
		return now
	}
	same := len(now.entries) == len(was.entries)
	var entries []entry // a copy of now's, once one of them is taken from was
	for i := range now.entries {
		e := now.entries[i]
		j, ok := was.find(e.key)
		if ok && e.below != nil {
			if below := like(e.below, was.entries[j].below); below != e.below {
				if entries == nil {
					entries = append(entries, now.entries...)
				}
				entries[i].below, e.below = below, below
			}
		}
		same = same && ok && e == was.entries[j]
	}
	switch {
	case same:
		return was
	case entries != nil:
		return newFolder(entries)
	}
	return now
}
