package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
)

// A loop sets its roots after each save: what has not changed must cost nothing.
func TestSetKeepsWhatIsTheSame(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	for i := range 50 {
		write(t, filepath.Join(dir, "app", fmt.Sprint(i), "file"), "")
	}
	var asked atomic.Int64
	root := func(rules string, skipped ...string) Root {
		return Root{Path: filepath.Join(dir, "app"), Rules: rules, Skip: func(rel string, isDir bool) bool {
			asked.Add(1)
			return slices.Contains(skipped, rel)
		}}
	}
	r := start(t, patient, root("none"))
	asked.Store(0)
	values := filepath.Join(dir, "values.yaml")
	must(t, r.w.Set([]Root{root("none"), {Path: values}, {Path: values}}))
	if n := asked.Load(); n != 0 {
		t.Errorf("Set asked for %d paths of a root it knew", n)
	}
	add(t, filepath.Join(dir, "app", "7", "file"), "2")
	write(t, values, "") // told once
	want := []string{filepath.Join(dir, "app", "7", "file"), values}
	if _, all := r.until(want...); !slices.Equal(all, want) {
		t.Errorf("told %q, want %q", all, want)
	}
	must(t, r.w.Set([]Root{root("others", "7"), {Path: values}}))
	write(t, filepath.Join(dir, "app", "7", "file"), "3")
	r.sentinel(filepath.Join(dir, "app", "8"), "after")
	must(t, r.w.Set([]Root{{Path: values}}))
	write(t, filepath.Join(dir, "app", "8", "file"), "3")
	write(t, values, "3")
	if c := r.next(); !slices.Equal(c.Paths, []string{values}) {
		t.Errorf("told %q, want only %q", c.Paths, values)
	}
}

func TestManyFilesInOneFolderCostOneWatch(t *testing.T) {
	dir := tempDir(t)
	for i := range 20 * batch {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		must(t, err)
		must(t, f.Close())
	}
	r := start(t, Options{}, Root{Path: dir})
	r.w.mu.Lock()
	folders, nodes := len(r.w.tree.folders), len(r.w.tree.folders[dir].nodes)
	r.w.mu.Unlock()
	if folders != 2 || nodes != 1 { // the folder and the one that holds its name
		t.Errorf("%d folders are watched, want 2", folders)
	}
	path := filepath.Join(dir, fmt.Sprint(batch))
	write(t, path, "1")
	r.until(path)
}

// Twelve folders with links to each other have 12! paths.
func TestFoldersFullOfLinksToEachOther(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	const n = 12
	name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("chart%d", i)) }
	for i := range n {
		must(t, os.MkdirAll(name(i), 0o755))
		for j := range n {
			must(t, os.Symlink(name(j), filepath.Join(name(i), fmt.Sprintf("to%d", j))))
		}
	}
	r := start(t, patient, Root{Path: name(0), FollowFolders: true})
	path := filepath.Join(name(5), "values.yaml")
	write(t, path, "1")
	c := r.next()
	if len(c.Paths) == 0 || len(c.Paths) > maxAliases {
		t.Errorf("told %d paths, want at most %d", len(c.Paths), maxAliases)
	}
	for _, told := range c.Paths {
		if real, err := filepath.EvalSymlinks(told); err != nil || real != path {
			t.Errorf("told %q, which is %q, %v", told, real, err)
		}
	}
}
