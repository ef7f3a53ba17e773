package digest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// model is a tree the simple way.
type model map[string]string

func (m model) without(path string) {
	maps.DeleteFunc(m, func(p, _ string) bool { return p == path || strings.HasPrefix(p, path+"/") })
}

// anyPath is a path of up to three names that sort against the slash in each way.
func anyPath(rnd *rand.Rand) string {
	names := []string{"a", "a-b", "a.b", "ab", "a0", "..", "é\n"}
	path := names[rnd.IntN(len(names))]
	for range rnd.IntN(3) {
		path += "/" + names[rnd.IntN(len(names))]
	}
	return path
}

func TestTreeDoesWhatAMapDoes(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var tree, before Tree
		want, was := model{}, model{}
		for step := range 60 {
			path := anyPath(rnd)
			switch rnd.IntN(6) {
			case 0:
				tree = tree.Without(path)
				want.without(path)
			case 1:
				sub := Tree{}.With("x", Of("1")).With("a/b", Of(fmt.Sprint(step)))
				tree = tree.Put(path, sub)
				for rel, sum := range sub.All() {
					want[path+"/"+rel] = sum
				}
			default:
				sum := Of(fmt.Sprint(rnd.IntN(3)))
				tree = tree.With(path, sum)
				want[path] = sum
			}
			if diff := cmp.Diff(map[string]string(want), tree.Map()); diff != "" {
				t.Fatalf("seed %d, step %d (-map +tree):\n%s", seed, step, diff)
			}
			if tree.Len() != len(want) || !slices.Equal(slices.Collect(tree.Paths()), slices.Sorted(maps.Keys(want))) {
				t.Fatalf("seed %d: %d paths %q, want %q", seed, tree.Len(), slices.Collect(tree.Paths()), slices.Sorted(maps.Keys(want)))
			}
			if sum, ok := tree.Get(path); sum != want[path] || ok != (want[path] != "") {
				t.Fatalf("seed %d: %s is %q, %v, want %q", seed, path, sum, ok, want[path])
			}
			if rnd.IntN(10) == 0 {
				before, was = tree, maps.Clone(want)
			}
			if got, want := before.Diff(tree), differences(was, want); !slices.Equal(got, want) {
				t.Fatalf("seed %d: differ by %q, want %q", seed, got, want)
			}
		}
		anew := TreeOf(want)
		if !anew.Equal(tree) || anew.Sum() != tree.Sum() || anew.Like(tree) != tree {
			t.Fatalf("seed %d: the same files give another tree", seed)
		}
		if diff := cmp.Diff(map[string]string(want), anew.Like(before).Map()); diff != "" {
			t.Fatalf("seed %d: made like another tree it holds other files:\n%s", seed, diff)
		}
	}
}

func differences(a, b model) []string {
	var paths []string
	for path, sum := range a {
		if b[path] != sum {
			paths = append(paths, path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Image tags are made of this sum: it may change only together with them.
func TestSumIsTakenOverSortedPathsAndDigests(t *testing.T) {
	files := map[string]string{"a/b": Of("1"), "a-b": Of("2"), "a": Of("3"), "a/b.c": Of("4"), "b": Of("5")}
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		parts = append(parts, path, files[path])
	}
	if got, want := TreeOf(files).Sum(), Of(parts...); got != want {
		t.Errorf("sum %s, want %s", got, want)
	}
	if got, want := (Tree{}).Sum(), Of(); got != want {
		t.Errorf("sum of nothing %s, want %s", got, want)
	}
}

func TestTreesShareWhatIsTheSame(t *testing.T) {
	a := TreeOf(map[string]string{"x/1": "1", "x/2": "2", "y/1": "1"})
	b := TreeOf(map[string]string{"x/1": "1", "x/2": "2", "y/1": "2"}).Like(a)
	if a.Sub("x") != b.Sub("x") || a.Sub("y") == b.Sub("y") {
		t.Error("a folder that is the same is not shared, or one that differs is")
	}
	if c := a.With("x/1", "1"); c != a {
		t.Error("an edit that changes nothing gives another tree")
	}
}
