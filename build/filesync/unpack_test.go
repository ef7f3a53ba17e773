//go:build linux

package filesync

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unpack runs the script on this machine as it runs in a container or, with id,
// in a node: ctr is a fake that knows this process as the container's first.
func unpack(t *testing.T, id, folder string, files ...file) error {
	t.Helper()
	bin := t.TempDir()
	ctr := fmt.Sprintf("#!/bin/sh\necho TASK PID STATUS\necho other 1 RUNNING\necho %s %d RUNNING\n", "abc", os.Getpid())
	if err := os.WriteFile(filepath.Join(bin, "ctr"), []byte(ctr), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i].below = folder
		files[i].path = folder + "/" + files[i].path
	}
	for _, p := range packs(files) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script, "sh", id, p.folder)
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		cmd.Stdin = p.tar()
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
	}
	return nil
}

func TestUnpack(t *testing.T) {
	for _, id := range []string{"", "abc"} {
		t.Run("container "+id, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "srv")
			text := func(path, data string) file { return file{path: path, sum: "1", mode: 0o644, data: []byte(data)} }
			gone := func(path string, prune int) file { return file{path: path, prune: prune} }
			do := func(files ...file) {
				t.Helper()
				if err := unpack(t, id, dir, files...); err != nil {
					t.Fatal(err)
				}
			}
			holds := func(path, want string) {
				t.Helper()
				if data, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(data) != want {
					t.Errorf("%q holds %q (%v), want %q", path, data, err, want)
				}
			}
			none := func(path string) {
				t.Helper()
				if _, err := os.Lstat(filepath.Join(dir, path)); err == nil {
					t.Errorf("%q is there", path)
				}
			}
			do(text("a", "1"), text("b/c/d", "2"), text(".hidden", "3"), text("..odd", "4"), text("größe \xff\n ", "5"), text("-rf", "6"), text("$(x)*", "7"))
			for path, want := range map[string]string{"a": "1", "b/c/d": "2", ".hidden": "3", "..odd": "4", "größe \xff\n ": "5", "-rf": "6", "$(x)*": "7"} {
				holds(path, want)
			}
			do(file{path: "a", sum: "1", mode: 0o755, data: []byte("x")}, file{path: "l", sum: "1", link: "a"})
			if info, err := os.Stat(filepath.Join(dir, "a")); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			holds("l", "x")
			do(gone("b/c/d", 2), text("b", "a file now"), gone("größe \xff\n ", 0), gone("never/there", 1), gone("-rf", 0))
			holds("b", "a file now")
			none("größe \xff\n ")
			none("-rf")
			none("never")
			do(gone("b", 0), text("b/c", "a folder again"))
			holds("b/c", "a folder again")
			left, err := filepath.Glob(filepath.Join(dir, ".devloop*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			if err := os.WriteFile(filepath.Join(dir, "b", "own"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			do(gone("b/c", 1))
			holds("b/own", "") // what is not ours keeps its folder
		})
	}
}

// From a node, no link of a container leads anywhere.
func TestUnpackFollowsNoLinkOutOfTheContainer(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	one := func() file { return file{path: "a", sum: "1", mode: 0o644, data: []byte("1")} }
	if err := unpack(t, "abc", dir+"/link", one()); err == nil || !strings.Contains(err.Error(), "is a link in the container") {
		t.Errorf("error %v", err)
	}
	below := one()
	below.path = "link/a"
	if err := unpack(t, "abc", dir, below); err == nil || !strings.Contains(err.Error(), "is a link in the container") {
		t.Errorf("error %v", err)
	}
	if err := unpack(t, "abc", dir, file{path: "link/a"}); err == nil {
		t.Error("a link was followed to remove a file")
	}
	if err := unpack(t, "gone", dir, one()); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
		t.Errorf("outside there is %v", left)
	}
	if err := unpack(t, "", dir+"/link", one()); err != nil { // in the container itself it is its own affair
		t.Error(err)
	}
}
