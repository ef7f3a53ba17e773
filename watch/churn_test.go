package watch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Folders are made, moved and removed at random and at full speed. Whatever
// is lost on the way, afterwards every folder that is there must be watched.
func TestChurn(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			root := filepath.Join(dir, "root")
			must(t, os.MkdirAll(root, 0o755))
			rnd := rand.New(rand.NewPCG(seed, 1))
			pick := func() string { // one of 3+9+27 folders
				path := root
				for range 1 + rnd.IntN(3) {
					path = filepath.Join(path, string(rune('a'+rnd.IntN(3))))
				}
				return path
			}
			r := start(t, Options{},
				Root{Path: root},
				Root{Path: filepath.Join(root, "a", "b")},
				Root{Path: filepath.Join(root, "b", "f1")},
			)
			for round := range 4 {
				for range 300 {
					// Failures (nothing there, moved into itself) are part of it.
					switch rnd.IntN(6) {
					case 0:
						_ = os.RemoveAll(pick())
					case 1:
						_ = os.Rename(pick(), pick())
					case 2:
						_ = os.RemoveAll(root + "/a")
						_ = os.MkdirAll(filepath.Join(root, "a", "b"), 0o755)
					default:
						path := pick()
						_ = os.MkdirAll(path, 0o755)
						_ = os.WriteFile(filepath.Join(path, fmt.Sprintf("f%d", rnd.IntN(2))), nil, 0o644)
					}
				}
				r.everyFolder(root)
				if round == 2 {
					must(t, os.Rename(root, root+".away"))
					must(t, os.MkdirAll(filepath.Join(root, "c"), 0o755))
				}
			}
		})
	}
}
