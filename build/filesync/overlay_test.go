package filesync

import (
	"os"
	"path/filepath"
	"testing"
)

// A slow removal takes a folder's files some time before the folder.
func TestFolderThatGoesAfterItsFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "web", "many"), 0o755); err != nil {
		t.Fatal(err)
	}
	holds := map[string]held{}
	todo := func() []file {
		t.Helper()
		o, err := read(Overlay{Ref: "app:1", Context: dir, Rules: []Rule{{From: "web/**", To: "/srv"}},
			Files: []Entry{{Path: "web/many/a"}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		todo := o.todo(holds)
		for _, f := range todo {
			holds[f.path] = held{f.sum, f.prune}
		}
		return todo
	}
	if got := todo(); len(got) != 1 || !got[0].gone() || got[0].prune != 0 {
		t.Fatalf("to do for a file that is gone: %+v", got)
	}
	if got := todo(); len(got) != 0 {
		t.Errorf("to do again: %+v", got)
	}
	if err := os.Remove(filepath.Join(dir, "web", "many")); err != nil {
		t.Fatal(err)
	}
	if got := todo(); len(got) != 1 || got[0].prune != 1 {
		t.Errorf("to do once the folder is gone, too: %+v", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "web", "many"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := todo(); len(got) != 0 {
		t.Errorf("to do for an empty folder: %+v", got)
	}
}
