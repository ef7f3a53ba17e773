package digest

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"iter"
	"maps"
	"strings"
)

// Tree maps the slash-separated path of each file below a root to its digest.
// Folders count only through the files in them. The zero value is empty.
//
// A Tree never changes: With and its like return another one, which shares all
// folders that are the same. So keeping the trees of many moments costs little,
// and comparing two of them costs what differs, not what they hold.
type Tree struct{ root *folder }

// sum is a digest as kept in memory: half the size of its hex form.
type sum [sha256.Size]byte

// folder is never changed once a Tree holds it.
type folder struct {
	entries []entry // in order of their keys
	files   int     // in it and below
}

// entry is a file or a folder. The key of a folder ends with a slash, so the
// order of keys is that of whole paths, and a link's own digest has its place
// beside the files that it leads to.
type entry struct {
	key   string
	sum   sum     // of a file
	below *folder // of a folder
}

// TreeOf is the tree of the given digests by path. A digest that is not of 64
// hex digits, as a test may use, counts as Of it.
func TreeOf(files map[string]string) Tree {
	edits := make([]edit, 0, len(files))
	for path, s := range files {
		edits = append(edits, edit{path: path, sum: toSum(s)})
	}
	return Tree{}.edited(edits)
}

// Len is how many files the tree has.
func (t Tree) Len() int {
	if t.root == nil {
		return 0
	}
	return t.root.files
}

// Get is the digest in hex of one file.
func (t Tree) Get(path string) (string, bool) {
	f := t.root
	for f != nil {
		cut := strings.IndexByte(path, '/') + 1
		if cut == 0 {
			cut = len(path)
		}
		i, ok := f.find(path[:cut])
		switch {
		case !ok:
			return "", false
		case cut == len(path):
			return f.entries[i].sum.String(), f.entries[i].below == nil
		}
		f, path = f.entries[i].below, path[cut:]
	}
	return "", false
}

// Has tells whether the tree has a file of that path.
func (t Tree) Has(path string) bool {
	_, ok := t.Get(path)
	return ok
}

// With is the tree with one more file, or another digest of one it has.
func (t Tree) With(path, digest string) Tree {
	return t.edited([]edit{{path: path, sum: toSum(digest)}})
}

// Without is the tree without a path: the file, or the folder with all below.
func (t Tree) Without(path string) Tree {
	return t.edited([]edit{{path: path, remove: true}})
}

// Put is the tree with all files of another one below dir, "." for none. Where
// both have a path, that of sub counts. It costs nothing that grows with sub.
func (t Tree) Put(dir string, sub Tree) Tree {
	switch {
	case sub.root == nil:
		return t
	case dir == ".":
		return Tree{union(t.root, sub.root)}
	}
	return t.edited([]edit{{path: dir, graft: sub.root}})
}

// Sub is the part of the tree below a folder, with paths as seen from there.
func (t Tree) Sub(dir string) Tree {
	f := t.root
	for name := range strings.SplitSeq(dir, "/") {
		if f == nil {
			break
		}
		i, ok := f.find(name + "/")
		if !ok {
			return Tree{}
		}
		f = f.entries[i].below
	}
	return Tree{f}
}

// All goes through the files and their digests in hex, in the order of paths.
func (t Tree) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		t.root.walk(nil, func(path []byte, s *sum) bool { return yield(string(path), s.String()) })
	}
}

// Paths is All without the digests.
func (t Tree) Paths() iter.Seq[string] {
	return func(yield func(string) bool) {
		t.root.walk(nil, func(path []byte, _ *sum) bool { return yield(string(path)) })
	}
}

// Map is the tree as a map of its own.
func (t Tree) Map() map[string]string {
	m := make(map[string]string, t.Len())
	maps.Insert(m, t.All())
	return m
}

// Sum is the digest of the whole tree in hex. It depends on paths and digests
// alone, so it is the same on every machine. It goes through all files: to see
// whether two trees are the same, ask Equal.
func (t Tree) Sum() string {
	h := sha256.New()
	w := bufio.NewWriterSize(h, 64<<10)
	var digits [2 * sha256.Size]byte
	t.root.walk(nil, func(path []byte, s *sum) bool {
		hex.Encode(digits[:], s[:])
		writePart(w, path)
		writePart(w, digits[:])
		return true
	})
	w.Flush() // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// Of is the digest of a list of strings in hex. Each part is preceded by its
// length, so that no two lists collide by where they are cut.
func Of(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		writePart(h, []byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writePart(w io.Writer, p []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(p)))
	w.Write(n[:])
	w.Write(p)
}

func (s *sum) String() string { return hex.EncodeToString(s[:]) }

func toSum(digest string) sum {
	var s sum
	if len(digest) != hex.EncodedLen(len(s)) || strings.ToLower(digest) != digest {
		return toSum(Of(digest))
	}
	if _, err := hex.Decode(s[:], []byte(digest)); err != nil {
		return toSum(Of(digest))
	}
	return s
}
