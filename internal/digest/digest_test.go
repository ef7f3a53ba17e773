package digest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// later returns a Hasher for which every file was written an hour ago, so that
// stat data are believed.
func later() *Hasher {
	h := New()
	h.now = func() time.Time { return time.Now().Add(time.Hour) }
	return h
}

func tree(t *testing.T, h *Hasher, root string) Tree {
	t.Helper()
	got, err := h.Tree(t.Context(), root, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTreeSeesEveryKindOfChange(t *testing.T) {
	tests := map[string]struct {
		edit func(root string) error
		want []string
	}{
		"nothing":     {func(string) error { return nil }, nil},
		"touch":       {func(r string) error { n := time.Now(); return os.Chtimes(filepath.Join(r, "a"), n, n) }, nil},
		"same again":  {func(r string) error { return os.WriteFile(filepath.Join(r, "a"), []byte("one"), 0o644) }, nil},
		"content":     {func(r string) error { return os.WriteFile(filepath.Join(r, "a"), []byte("two"), 0o644) }, []string{"a"}},
		"executable":  {func(r string) error { return os.Chmod(filepath.Join(r, "a"), 0o755) }, []string{"a"}},
		"group write": {func(r string) error { return os.Chmod(filepath.Join(r, "a"), 0o664) }, nil},
		"removed":     {func(r string) error { return os.Remove(filepath.Join(r, "d", "b")) }, []string{"d/b"}},
		"renamed":     {func(r string) error { return os.Rename(filepath.Join(r, "a"), filepath.Join(r, "z")) }, []string{"a", "z"}},
		"added":       {func(r string) error { return os.WriteFile(filepath.Join(r, "d", "c"), nil, 0o644) }, []string{"d/c"}},
		"link target": {func(r string) error {
			if err := os.Remove(filepath.Join(r, "l")); err != nil {
				return err
			}
			return os.Symlink("d/b", filepath.Join(r, "l"))
		}, []string{"l"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, filepath.Join(root, "a"), "one")
			write(t, filepath.Join(root, "d", "b"), "b")
			if err := os.Symlink("a", filepath.Join(root, "l")); err != nil {
				t.Fatal(err)
			}
			h := later()
			before := tree(t, h, root)
			if err := tt.edit(root); err != nil {
				t.Fatal(err)
			}
			after := tree(t, h, root)
			if got := before.Diff(after); !slices.Equal(got, tt.want) {
				t.Errorf("changed paths: %v, want %v", got, tt.want)
			}
			if same := before.Sum() == after.Sum(); same != (len(tt.want) == 0) {
				t.Errorf("same sum: %v with changes %v", same, tt.want)
			}
		})
	}
}

func TestUnchangedFilesAreReadOnce(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		write(t, filepath.Join(root, name), name)
	}
	h := later()
	tree(t, h, root)
	write(t, filepath.Join(root, "b"), "other")
	tree(t, h, root)
	if h.Reads() != 4 {
		t.Errorf("files read: %d, want 3 and then the changed one", h.Reads())
	}
}

func TestTwoWritesWithinTheClocksGrainAreTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	h := New()
	now := time.Now()
	var sums []string
	for _, text := range []string{"one", "two"} {
		write(t, path, text)
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
		sum, err := h.File(path)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
	}
	if sums[0] == sums[1] {
		t.Error("the second write of the same size and time was not seen")
	}
}

func TestSkipLeavesOutFoldersWhole(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "node_modules", "x", "y"), "y")
	write(t, filepath.Join(root, "main.go"), "m")
	got, err := New().Tree(t.Context(), root, func(rel string, dir bool) bool { return dir && rel == "node_modules" })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"main.go"}; !slices.Equal(got.Diff(Tree{}), want) {
		t.Errorf("files: %v, want %v", got.Diff(Tree{}), want)
	}
}

func TestMissingRootIsAnError(t *testing.T) {
	_, err := New().Tree(t.Context(), filepath.Join(t.TempDir(), "gone"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one that wraps fs.ErrNotExist", err)
	}
}

func TestOfKeepsPartsApart(t *testing.T) {
	if Of("ab", "c") == Of("a", "bc") {
		t.Error("lists cut at another place have the same digest")
	}
}

func TestLinkedFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "real", "own"), "1")
	write(t, filepath.Join(dir, "shared", "file"), "1")
	for link, target := range map[string]string{
		"root": "real", "real/file": "../shared/file", "real/folder": "../shared", "real/self": "..", "real/nowhere": "gone",
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	look := func() Tree {
		t.Helper()
		tree, err := New().Linked(t.Context(), filepath.Join(dir, "root"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	before := look()
	write(t, filepath.Join(dir, "shared", "file"), "2")
	after := look()
	got := before.Diff(after)
	for _, want := range []string{"file", "folder/file"} {
		if !slices.Contains(got, want) {
			t.Errorf("changed: %v, want %s among it", got, want)
		}
	}
	if !after.Has("own") || after.Len() > 50 {
		t.Errorf("files: %v", after.Map())
	}
}
