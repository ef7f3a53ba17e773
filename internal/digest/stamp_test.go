package digest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestStampTellsThatSomebodyWrote(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	stamp := func() string { return Stamp(slices.Values([]string{path, filepath.Join(dir, "gone")})) }
	write(t, path, "one")
	if err := os.Chtimes(path, time.Unix(2, 0), time.Unix(2, 0)); err != nil {
		t.Fatal(err)
	}
	if first, second := stamp(), stamp(); first != second {
		t.Error("the stamp changes by itself")
	}
	for name, edit := range map[string]func() error{
		"written":         func() error { return os.WriteFile(path, []byte("two"), 0o644) },
		"touched":         func() error { return os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)) },
		"a new neighbour": func() error { return os.WriteFile(filepath.Join(dir, "b"), nil, 0o644) },
		"one that came":   func() error { return os.WriteFile(filepath.Join(dir, "gone"), nil, 0o644) },
		"one that went":   func() error { return os.Remove(path) },
	} {
		before := stamp()
		if err := edit(); err != nil {
			t.Fatal(err)
		}
		if stamp() == before {
			t.Errorf("%s: the stamp is the same", name)
		}
	}
}
