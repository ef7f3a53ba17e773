package plan

import (
	"path/filepath"
	"slices"
	"strings"
)

// Index finds the targets that a change may concern, by the files and folders
// that hold their inputs. It costs the length of a path, however many targets
// there are. Make one with NewIndex; it is safe for concurrent use.
type Index[T comparable] struct {
	targets map[string][]T // by root
	roots   []string       // sorted
}

// NewIndex returns the index of targets by their roots: clean absolute paths of
// files and folders.
func NewIndex[T comparable](roots map[T][]string) *Index[T] {
	x := &Index[T]{targets: map[string][]T{}}
	for target, paths := range roots {
		for _, path := range paths {
			if !slices.Contains(x.targets[path], target) {
				x.targets[path] = append(x.targets[path], target)
			}
		}
	}
	for path := range x.targets {
		x.roots = append(x.roots, path)
	}
	slices.Sort(x.roots)
	return x
}

// Touched gives, for each target that a change of the paths may concern, those of
// the paths that do: they are a root, lie below one, or are a folder that one
// lies in. lost are the paths that concern nobody.
func (x *Index[T]) Touched(paths []string) (touched map[T][]string, lost []string) {
	touched = map[T][]string{}
	for _, path := range paths {
		found := false
		add := func(root string) {
			for _, target := range x.targets[root] {
				found = true
				if had := touched[target]; len(had) == 0 || had[len(had)-1] != path {
					touched[target] = append(had, path)
				}
			}
		}
		for at := path; ; {
			add(at)
			up := filepath.Dir(at)
			if up == at {
				break
			}
			at = up
		}
		below := path
		if !strings.HasSuffix(below, string(filepath.Separator)) {
			below += string(filepath.Separator)
		}
		for i, _ := slices.BinarySearch(x.roots, below); i < len(x.roots) && strings.HasPrefix(x.roots[i], below); i++ {
			add(x.roots[i])
		}
		if !found {
			lost = append(lost, path)
		}
	}
	return touched, lost
}
