package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newWorkspace(t *testing.T, files map[string]string) *workspace {
	t.Helper()
	w := &workspace{dir: t.TempDir(), staging: t.TempDir(), before: map[string][]byte{}, modes: map[string]os.FileMode{}}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *workspace) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEditsAreUndoneToTheFirstState(t *testing.T) {
	w := newWorkspace(t, map[string]string{"a": "one two"})
	for _, edits := range [][]Edit{
		{{File: "a", Find: "one", Replace: "1 ${unique}"}, {File: "a", Find: "two", Replace: "2"}, {File: "new", Text: "n"}},
		{{File: "a", Find: "2", Replace: "three"}},
	} {
		files, err := w.prepare(edits, values{"unique": "u"})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.save(files, false); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.read(t, "a"); got != "1 u three" {
		t.Errorf("after the edits a is %q", got)
	}
	if changed, err := w.undo(); err != nil || !changed {
		t.Fatal(changed, err)
	}
	info, err := os.Stat(filepath.Join(w.dir, "a"))
	if got := w.read(t, "a"); got != "one two" || err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("after the undo a is %q with mode %v", got, info.Mode())
	}
	if _, err := os.Stat(filepath.Join(w.dir, "new")); !os.IsNotExist(err) {
		t.Errorf("the new file stays: %v", err)
	}
	if changed, err := w.undo(); err != nil || changed {
		t.Errorf("a second undo: %v, %v", changed, err)
	}
}

func TestAnEditThatDoesNotFitIsNotMade(t *testing.T) {
	w := newWorkspace(t, map[string]string{"a": "x x"})
	for find, want := range map[string]string{"x": "2 times", "y": "0 times"} {
		if _, err := w.prepare([]Edit{{File: "a", Find: find, Replace: "z"}}, values{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("find %q: %v", find, err)
		}
	}
}
