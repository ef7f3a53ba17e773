package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

// FuzzMake checks the two properties every plan has: equal digests ask for
// nothing, and one changed input asks for exactly the targets it belongs to,
// with that input as the reason.
func FuzzMake(f *testing.F) {
	f.Add(uint64(7), uint8(3), uint8(4), uint8(1), uint8(0))
	f.Add(uint64(1), uint8(0), uint8(1), uint8(9), uint8(1))
	f.Add(uint64(99), uint8(7), uint8(7), uint8(30), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, images, releases, file, how uint8) {
		build := func() State {
			rnd := rand.New(rand.NewPCG(seed, 1))
			s := State{Images: map[string]Image{}, Releases: map[string]Release{}}
			inputs := func() digest.Tree {
				files := map[string]string{}
				for i := range 40 {
					if rnd.IntN(3) == 0 {
						files[name(i)] = fmt.Sprint(rnd.IntN(2))
					}
				}
				return digest.TreeOf(files)
			}
			for i := range int(images % 8) {
				s.Images[fmt.Sprint("i", i)] = Image{Inputs: inputs()}
			}
			for i := range int(releases % 8) {
				refs := map[string]string{}
				for image := range s.Images {
					refs[image] = image + ":dl-1"
				}
				s.Releases[fmt.Sprint("r", i)] = Release{Inputs: inputs(), Images: refs}
			}
			return s
		}
		before := build()
		if got := Make(before, build()); got != nil {
			t.Fatalf("equal digests give %v", got)
		}
		after, path, want := build(), name(int(file%40)), map[string]bool{}
		change := func(in digest.Tree, target string) digest.Tree {
			switch has := in.Has(path); {
			case how%3 == 0 && has:
				in = in.With(path, "changed")
			case how%3 == 1 && has:
				in = in.Without(path)
			case how%3 == 2 && !has:
				in = in.With(path, "new")
			default:
				return in
			}
			want[target] = true
			return in
		}
		for _, target := range slices.Sorted(maps.Keys(after.Images)) {
			after.image(target, func(in digest.Tree) digest.Tree { return change(in, target) })
		}
		for _, target := range slices.Sorted(maps.Keys(after.Releases)) {
			after.release(target, func(in digest.Tree) digest.Tree { return change(in, target) })
		}
		got := map[string]bool{}
		for _, a := range Make(before, after) {
			if got[a.Target] {
				t.Errorf("%s is planned for twice", a.Target)
			}
			got[a.Target] = true
			if !slices.Equal(a.Paths, []string{path}) {
				t.Errorf("paths %v, want %s", a.Paths, path)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s touches %v, planned for %v", path, want, got)
		}
	})
}

// name spreads files over folders, with names that sort against each other.
func name(i int) string {
	switch i % 4 {
	case 0:
		return fmt.Sprint("f", i)
	case 1:
		return fmt.Sprintf("d/f%d", i)
	case 2:
		return fmt.Sprintf("d-x/e/f%d", i)
	}
	return fmt.Sprintf("d.x/f%d", i)
}
