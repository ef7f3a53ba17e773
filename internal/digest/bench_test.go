package digest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

const (
	benchFolders = 1000
	benchFiles   = 100 // in each
)

// forest makes 100,000 files of 200 bytes in a thousand folders.
func forest(b *testing.B) string {
	b.Helper()
	root := b.TempDir()
	text := make([]byte, 200)
	for i := range benchFolders {
		dir := filepath.Join(root, fmt.Sprintf("pkg%02d", i/50), fmt.Sprintf("module%03d", i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range benchFiles {
			copy(text, fmt.Sprint(i, j))
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("source_file%02d.go", j)), text, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	return root
}

func benchTree(b *testing.B, h *Hasher, root string) Tree {
	b.Helper()
	t, err := h.Tree(b.Context(), root, nil)
	if err != nil {
		b.Fatal(err)
	}
	if t.Len() != benchFolders*benchFiles {
		b.Fatalf("%d files", t.Len())
	}
	return t
}

func Benchmark100kCold(b *testing.B) {
	root := forest(b)
	b.ReportAllocs()
	for b.Loop() {
		benchTree(b, later(), root)
	}
}

func Benchmark100kWarm(b *testing.B) {
	root := forest(b)
	h := later()
	was := benchTree(b, h, root)
	b.ReportAllocs()
	for b.Loop() {
		if now := benchTree(b, h, root); !now.Like(was).Equal(was) {
			b.Fatal("differs")
		}
	}
}

func Benchmark100kOneSave(b *testing.B) {
	root := forest(b)
	h := later()
	was := benchTree(b, h, root)
	path := "pkg10/module500/source_file50.go"
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		if err := os.WriteFile(filepath.Join(root, path), []byte(fmt.Sprint("edit ", n)), 0o644); err != nil {
			b.Fatal(err)
		}
		now, err := h.Update(b.Context(), was, root, []string{path}, nil)
		if err != nil {
			b.Fatal(err)
		}
		if got := was.Diff(now); len(got) != 1 {
			b.Fatalf("differs by %v", got)
		}
		was = now
	}
}

func Benchmark100kSum(b *testing.B) {
	root := forest(b)
	t := benchTree(b, later(), root)
	b.ReportAllocs()
	for b.Loop() {
		t.Sum()
	}
}
