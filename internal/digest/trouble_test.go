package digest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAFileThatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	write(t, path, "one")
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "and now more")
	want, err := New().File(path)
	if err != nil {
		t.Fatal(err)
	}
	h := later()
	rec, keep, err := h.read(path, "a", statOf(info)) // what it was a moment ago
	if err != nil {
		t.Fatal(err)
	}
	if rec.sum.String() != want {
		t.Error("the digest is not that of the new content")
	}
	if now, err := os.Lstat(path); err != nil || !keep || rec.stat != statOf(now) {
		t.Errorf("kept %v, with the stat data of another moment (%v)", keep, err)
	}
}

func TestNamesMayHoldAnything(t *testing.T) {
	root := t.TempDir()
	names := []string{"with space", "line\nend", "tab\t", "übergröße", "日本", "quote\"'", "-rf", "*", "a\\b", "\xff\xfe", strings.Repeat("long", 60)}
	var written []string
	for _, name := range names {
		for _, path := range []string{name, "dir " + name + "/file"} {
			full := filepath.Join(root, filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				continue // this system knows no such names
			}
			if os.WriteFile(full, []byte(name), 0o644) == nil {
				written = append(written, path)
			}
		}
	}
	cache := filepath.Join(t.TempDir(), "x.digests")
	h := reopened(cache)
	got := tree(t, h, root)
	for _, path := range written {
		if !got.Has(path) {
			t.Errorf("%q is missing", path)
		}
	}
	if got.Len() != len(written) || len(written) < len(names) {
		t.Errorf("%d files of %d written", got.Len(), len(written))
	}
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	h = reopened(cache)
	if again := tree(t, h, root); !again.Equal(got) || h.Reads() > 0 {
		t.Errorf("from the cache: %d read, differs by %q", h.Reads(), got.Diff(again))
	}
}

func TestLinksInCircles(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "d", "file"), "x")
	for link, target := range map[string]string{"self": "self", "a": "b", "b": "a", "d/up": "..", "d/here": ".", "up": "../" + filepath.Base(root)} {
		if err := os.Symlink(target, filepath.Join(root, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	plain := tree(t, New(), root)
	if plain.Len() != 7 {
		t.Errorf("files and links: %v", plain.Map())
	}
	linked, err := New().Linked(t.Context(), root, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"self", "a", "d/up", "d/file"} {
		if !linked.Has(path) {
			t.Errorf("%s is missing of %v", path, linked.Map())
		}
	}
}

// Folders that link to each other make more paths than anybody can read.
func TestLinksWithoutEndAreAnError(t *testing.T) {
	root := t.TempDir()
	const folders = 9
	for i := range folders {
		write(t, filepath.Join(root, fmt.Sprint(i), "file"), "x")
		for j := range folders {
			if err := os.Symlink(filepath.Join("..", fmt.Sprint(j)), filepath.Join(root, fmt.Sprint(i), fmt.Sprint("to", j))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := New().Linked(t.Context(), root, nil); err == nil || !strings.Contains(err.Error(), "links") {
		t.Errorf("error %v", err)
	}
}

func TestALongWalkIsTold(t *testing.T) {
	root := t.TempDir()
	for i := range 30 {
		write(t, filepath.Join(root, "node_modules", fmt.Sprint("m", i), "index.js"), "x")
	}
	write(t, filepath.Join(root, "src", "main.go"), "x")
	var told []Large
	h := Open(Options{Large: func(l Large) { told = append(told, l) }})
	h.patience = -time.Second
	tree(t, h, root)
	if len(told) == 0 || told[0].Root != root {
		t.Fatalf("told %v", told)
	}
	c := newCounter(h, root)
	c.add(nil, 1)
	c.add(c.top("src"), 5)
	c.add(c.top("node_modules"), 90)
	if got, want := c.large(), (Large{Root: root, Files: 96, Biggest: "node_modules", Held: 90}); got != want {
		t.Errorf("told %+v, want %+v", got, want)
	}
}
