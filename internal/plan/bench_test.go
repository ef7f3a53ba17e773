package plan

import (
	"fmt"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

// BenchmarkMake plans for 500 targets of 200 files each, one of which changed.
func BenchmarkMake(b *testing.B) {
	before := State{Images: map[string]Image{}, Releases: map[string]Release{}}
	for i := range 500 {
		files := map[string]string{}
		for j := range 200 {
			files[fmt.Sprintf("r%d/dir%d/file%d.yaml", i, j/20, j)] = fmt.Sprint(i, j)
		}
		before.Releases[fmt.Sprint("r", i)] = Release{Inputs: digest.TreeOf(files)}
	}
	b.ReportAllocs()
	for b.Loop() {
		after := State{Images: before.Images, Releases: map[string]Release{}}
		for name, r := range before.Releases {
			after.Releases[name] = r
		}
		after.release("r7", func(t digest.Tree) digest.Tree { return t.With("r7/dir3/file61.yaml", "new") })
		if got := Make(before, after); len(got) != 1 {
			b.Fatal(got)
		}
	}
}
