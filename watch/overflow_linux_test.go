package watch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOverflowIsARescanAndWatchingGoesOn(t *testing.T) {
	dir := tempDir(t)
	write(t, filepath.Join(dir, "keep"), "")
	w, err := New(Options{})
	must(t, err)
	must(t, w.Set([]Root{{Path: dir}}))
	// Nobody runs yet: the kernel's queue (16,384 events) runs over.
	a, err := os.Create(filepath.Join(dir, "a"))
	must(t, err)
	b, err := os.Create(filepath.Join(dir, "b"))
	must(t, err)
	for range 60_000 { // equal events in a row are one, so take turns
		_, err = a.WriteString("x")
		must(t, err)
		_, err = b.WriteString("x")
		must(t, err)
	}
	must(t, errors.Join(a.Close(), b.Close()))
	must(t, os.MkdirAll(filepath.Join(dir, "unseen", "deep"), 0o755))
	r := run(t, w)
	for c := r.next(); !c.Rescan; c = r.next() {
	}
	r.everyFolder(dir) // the folder born while events were lost, too
}
