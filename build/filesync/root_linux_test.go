package filesync

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func openRoot(t *testing.T, dir string) *root {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := &root{fd}
	t.Cleanup(r.close)
	return r
}

// Links in a container lead where they lead for its processes, never out of it.
func TestRootIsAllThereIs(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	r := openRoot(t, dir)
	for name, target := range map[string]string{"up": "../../../../../.." + outside, "absolute": outside, "srv": "/data"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/up/a", "/absolute/a"} {
		_ = r.hold(file{path: path, sum: "1", mode: 0o644, data: []byte("x")}) // whether it can be made below the root is not the question
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Fatalf("outside there is %v", left)
	}
	if err := r.hold(file{path: "/srv/a", sum: "1", mode: 0o640, data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "data", "a")); err != nil || string(data) != "x" {
		t.Errorf("an absolute link leads to %q, %v", data, err)
	}
	// A file that is a link is replaced, what it leads to is not written.
	if err := os.Symlink(filepath.Join(outside, "b"), filepath.Join(dir, "data", "b")); err != nil {
		t.Fatal(err)
	}
	if err := r.hold(file{path: "/srv/b", sum: "1", mode: 0o644, data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Fatalf("outside there is %v", left)
	}
}
