package digest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestUpdateFindsWhatTreeFinds does at random to a folder what people do, tells
// Update which paths were concerned, and holds it against a full walk.
func TestUpdateFindsWhatTreeFinds(t *testing.T) {
	skip := func(rel string, dir bool) bool {
		return path.Base(rel) == "skipped" || !dir && strings.HasSuffix(rel, ".log")
	}
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		root := t.TempDir()
		h := New()
		known := Tree{}
		for step := range 25 {
			var changed []string
			for range 1 + rnd.IntN(3) {
				changed = append(changed, disturb(t, rnd, root)...)
			}
			if step%7 == 6 {
				changed = append(changed, "../elsewhere", "never/was/there")
			}
			got, err := h.Update(t.Context(), known, root, changed, skip)
			if err != nil {
				t.Fatal(err)
			}
			want, err := New().Tree(t.Context(), root, skip)
			if err != nil {
				t.Fatal(err)
			}
			if diff := want.Diff(got); len(diff) > 0 {
				t.Fatalf("seed %d, step %d: after changes of %q differs by %q", seed, step, changed, diff)
			}
			known = got
		}
	}
}

// disturb does one thing below root and tells the paths it concerned.
func disturb(t *testing.T, rnd *rand.Rand, root string) []string {
	t.Helper()
	names := []string{"a", "b", "c.log", "d", "skipped", "name\nwith line"}
	pick := func(depth int) string {
		rel := names[rnd.IntN(len(names))]
		for range depth {
			rel += "/" + names[rnd.IntN(len(names))]
		}
		return rel
	}
	must := func(err error) {
		if err != nil && !vanished(err) && !os.IsExist(err) && !strings.Contains(err.Error(), "directory") {
			t.Fatal(err)
		}
	}
	at := func(rel string) string { return filepath.Join(root, filepath.FromSlash(rel)) }
	// The system tells of a change behind a link under its real name.
	behindLink := func(rel string) bool {
		for i := range rel {
			if rel[i] != '/' {
				continue
			}
			if info, err := os.Lstat(at(rel[:i])); err == nil && info.Mode()&os.ModeSymlink != 0 {
				return true
			}
		}
		return false
	}
	rel := pick(rnd.IntN(3))
	if behindLink(rel) {
		return nil
	}
	switch rnd.IntN(6) {
	case 0:
		must(os.RemoveAll(at(rel)))
	case 1:
		to := pick(rnd.IntN(3))
		if behindLink(to) {
			return nil
		}
		must(os.MkdirAll(filepath.Dir(at(to)), 0o755))
		if !strings.HasPrefix(to, rel) {
			must(os.Rename(at(rel), at(to)))
		}
		return []string{rel, to, topOf(to)}
	case 2:
		must(os.RemoveAll(at(rel)))
		must(os.MkdirAll(filepath.Dir(at(rel)), 0o755))
		must(os.Symlink(names[rnd.IntN(len(names))], at(rel)))
		return []string{rel, topOf(rel)}
	case 3:
		must(chmod(at(rel)))
	default:
		must(os.MkdirAll(filepath.Dir(at(rel)), 0o755))
		must(os.RemoveAll(at(rel)))
		must(os.WriteFile(at(rel), fmt.Append(nil, rnd.IntN(3)), 0o644))
		return []string{rel, topOf(rel)} // folders that were made on the way
	}
	return []string{rel}
}

// chmod leaves what a link leads to alone.
func chmod(path string) error {
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink != 0 {
		return err
	}
	return os.Chmod(path, 0o755)
}

func topOf(rel string) string {
	top, _, _ := strings.Cut(rel, "/")
	return top
}

func TestUpdateReadsNothingButWhatChanged(t *testing.T) {
	root := t.TempDir()
	for i := range 50 {
		write(t, filepath.Join(root, fmt.Sprint("d", i%5), fmt.Sprint(i)), "x")
	}
	h := New() // the files are too young to be remembered: each look reads them
	was := tree(t, h, root)
	reads := h.Reads()
	write(t, filepath.Join(root, "d1", "1"), "y")
	now, err := h.Update(t.Context(), was, root, []string{"d1/1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := was.Diff(now); h.Reads() != reads+1 || len(got) != 1 {
		t.Errorf("%d files read, want 1; differs by %v", h.Reads()-reads, got)
	}
	if same, err := h.Update(t.Context(), now, root, nil, nil); err != nil || same != now {
		t.Errorf("no change gives another tree (%v)", err)
	}
}

// Only the file is told, and it is still there: behind a link, which no look follows.
func TestUpdateSeesThatAFolderBecameALink(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "d", "file"), "x")
	write(t, filepath.Join(root, "other", "file"), "y")
	h := New()
	was := tree(t, h, root)
	if err := os.RemoveAll(filepath.Join(root, "d")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("other", filepath.Join(root, "d")); err != nil {
		t.Fatal(err)
	}
	now, err := h.Update(t.Context(), was, root, []string{"d/file"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := tree(t, New(), root); !now.Equal(want) {
		t.Errorf("differs from a walk by %v", now.Diff(want))
	}
}

func TestUpdateOfARootThatIsGoneIsAnError(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	write(t, filepath.Join(root, "a"), "x")
	h := New()
	was := tree(t, h, root)
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Update(t.Context(), was, root, []string{"a"}, nil); !vanished(err) {
		t.Errorf("error %v, want one that wraps fs.ErrNotExist", err)
	}
}

func TestACutLookEnds(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "d", "a"), "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New().Tree(ctx, root, nil); err == nil {
		t.Error("a look whose context has ended gives a tree")
	}
}
