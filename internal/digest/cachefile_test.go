package digest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// reopened is a Hasher on the cache file, for which every file is old.
func reopened(cache string) *Hasher {
	h := Open(Options{Cache: cache})
	h.now = func() time.Time { return time.Now().Add(time.Hour) }
	return h
}

// kept makes a project of three files and the cache of a look at it.
func kept(t *testing.T) (root, cache string, want Tree) {
	t.Helper()
	root, cache = t.TempDir(), filepath.Join(t.TempDir(), "sub", "x.digests")
	for _, name := range []string{"a", "d/b", "d/c"} {
		write(t, filepath.Join(root, name), name)
	}
	h := reopened(cache)
	want = tree(t, h, root)
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	return root, cache, want
}

func TestTheNextStartReadsOnlyWhatChanged(t *testing.T) {
	root, cache, want := kept(t)
	h := reopened(cache)
	if got := tree(t, h, root); !got.Equal(want) || h.Reads() != 0 {
		t.Errorf("unchanged files: %d read, differs by %v", h.Reads(), got.Diff(want))
	}
	write(t, filepath.Join(root, "d", "b"), "e")
	h = reopened(cache)
	got := want.Diff(tree(t, h, root))
	if strings.Join(got, " ") != "d/b" || h.Reads() != 1 {
		t.Errorf("after an edit: %d read, differs by %v", h.Reads(), got)
	}
}

func TestAFileWrittenWithTheCacheIsReadAgain(t *testing.T) {
	root, cache := t.TempDir(), filepath.Join(t.TempDir(), "x.digests")
	path := filepath.Join(root, "a")
	write(t, path, "one")
	h := Open(Options{Cache: cache}) // the file is as young as it is
	before := tree(t, h, root)
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "two")
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if after := tree(t, reopened(cache), root); after.Equal(before) {
		t.Error("a second write of the same size and time was not seen by the next start")
	}
}

// Of a clock that was set back, files carry times that are still to come: a
// write at such a time must show.
func TestTimesToComeAreNotBelieved(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a")
	write(t, path, "one")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	h := New()
	h.now = func() time.Time { return info.ModTime().Add(-racy / 2) }
	tree(t, h, root)
	tree(t, h, root)
	if h.Reads() != 2 {
		t.Errorf("read %d times, want at each look", h.Reads())
	}
}

func TestADamagedCacheIsNoCache(t *testing.T) {
	root, cache, want := kept(t)
	good, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]byte{
		"empty":         {},
		"only a header": []byte(header),
		"truncated":     good[:len(good)/2],
		"other version": append([]byte(strings.Replace(header, "1", "9", 1)), good[len(header):]...),
		"longer":        append(bytes.Clone(good), 'x'),
		"one bit":       bytes.Replace(good, []byte(root), []byte(strings.ToUpper(root)), 1),
		"not ours":      []byte(strings.Repeat("node_modules\n", 100)),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(cache, data, 0o600); err != nil {
				t.Fatal(err)
			}
			h := reopened(cache)
			if got := tree(t, h, root); !got.Equal(want) || h.Reads() != 3 {
				t.Errorf("%d files read, want all; differs by %v", h.Reads(), got.Diff(want))
			}
		})
	}
}

func TestTwoProcessesShareACacheFile(t *testing.T) {
	root, cache, want := kept(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			h := reopened(cache)
			for range 20 {
				h.store.touch()
				if err := h.Save(); err != nil {
					t.Error(err)
				}
				if got := tree(t, reopened(cache), root); !got.Equal(want) {
					t.Errorf("differs by %v", got.Diff(want))
				}
			}
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(filepath.Dir(cache))
	if err != nil || len(entries) != 1 {
		t.Errorf("files left beside the cache: %v, %v", entries, err)
	}
}

func TestFoldersThatNobodyAsksForAreForgotten(t *testing.T) {
	root, cache, want := kept(t)
	h := reopened(cache)
	h.store.today += forgetAfter + 1
	tree(t, h, filepath.Join(root, "d"))
	h.store.touch()
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	shelves, ok := decode(data, h.store.today)
	if _, kept := shelves[filepath.Join(root, "d")]; !ok || !kept || len(shelves) != 1 {
		t.Errorf("folders %v of %v", shelves, want.Map())
	}
}

func TestKeepSavesAtTheEnd(t *testing.T) {
	root, cache, _ := kept(t)
	if err := os.Remove(cache); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	h := reopened(cache)
	done := make(chan error)
	go func() { done <- h.Keep(ctx) }()
	tree(t, h, root)
	end()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	h = reopened(cache)
	tree(t, h, root)
	if h.Reads() != 0 {
		t.Errorf("%d files read, want none", h.Reads())
	}
}

func TestACacheThatCannotBeWrittenIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	h := reopened(filepath.Join(file, "x.digests"))
	tree(t, h, filepath.Dir(file))
	if err := h.Save(); err == nil || !strings.Contains(err.Error(), "keep the digests") {
		t.Errorf("error %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	h := New()
	h.store.put("/project", record{name: "a", stat: stat{size: 1, mtime: 2, ctime: 3, inode: 4, mode: 0o644}}, true)
	var b bytes.Buffer
	if err := h.store.encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[len(header) : b.Len()-sha256.Size])
	f.Add([]byte(header))
	f.Fuzz(func(t *testing.T, data []byte) {
		decode(data, 0)
		shelvesOf(data, 0) // as if the checksum were right
	})
}

func Benchmark100kNextStart(b *testing.B) {
	root, cache := forest(b), filepath.Join(b.TempDir(), "x.digests")
	h := reopened(cache)
	benchTree(b, h, root)
	if err := h.Save(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if h := reopened(cache); benchTree(b, h, root).Len() == 0 || h.Reads() > 0 {
			b.Fatal("files were read")
		}
	}
}

func Benchmark100kSave(b *testing.B) {
	h := reopened(filepath.Join(b.TempDir(), "x.digests"))
	benchTree(b, h, forest(b))
	b.ReportAllocs()
	for b.Loop() {
		h.store.touch()
		if err := h.Save(); err != nil {
			b.Fatal(err)
		}
	}
}
