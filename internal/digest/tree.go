package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
)

// Tree maps the slash-separated path of each file below a root to its digest.
// Folders count only through the files in them.
type Tree map[string]string

// Sum is the digest of the whole tree in hex. It depends on paths and digests
// alone, so it is the same on every machine.
func (t Tree) Sum() string {
	parts := make([]string, 0, 2*len(t))
	for _, path := range slices.Sorted(maps.Keys(t)) {
		parts = append(parts, path, t[path])
	}
	return Of(parts...)
}

// Diff lists, sorted, the paths that were added, removed or changed between
// the two trees.
func (t Tree) Diff(o Tree) []string {
	var paths []string
	for path, sum := range t {
		if other, ok := o[path]; !ok || other != sum {
			paths = append(paths, path)
		}
	}
	for path := range o {
		if _, ok := t[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Of is the digest of a list of strings in hex. Each part is preceded by its
// length, so that no two lists collide by where they are cut.
func Of(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		writePart(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writePart(h hash.Hash, p string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(p)))
	h.Write(n[:])
	h.Write([]byte(p))
}
