package watch

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// checking finds what no watch tells soon enough for a test.
var checking = Options{Poll: 20 * time.Millisecond}

// A folder far above a root is moved: no watched folder hears of it.
func TestFolderAboveIsMoved(t *testing.T) {
	t.Parallel()
	for name, linked := range map[string]bool{"root": false, "behind a link": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			above := filepath.Join(dir, "above")
			chart := filepath.Join(above, "deep", "er", "chart")
			values := filepath.Join(above, "other", "folder", "values.yaml")
			file := filepath.Join(chart, "templates", "app.yaml")
			write(t, file, "1")
			write(t, values, "1")
			roots := []Root{{Path: chart}, {Path: values}}
			if linked {
				main := filepath.Join(dir, "main", "chart")
				must(t, os.MkdirAll(main, 0o755))
				must(t, os.Symlink(filepath.Join(chart, "templates"), filepath.Join(main, "templates")))
				must(t, os.Symlink(values, filepath.Join(main, "values.yaml")))
				roots = []Root{{Path: main, FollowFolders: true}}
				chart, values = main, filepath.Join(main, "values.yaml")
			}
			told := filepath.Join(chart, "templates")
			r := start(t, checking, roots...)
			if !linked {
				told = chart
			}
			// Away, and another one in its place: even in one moment.
			must(t, os.Rename(above, above+".old"))
			write(t, filepath.Join(above, "deep", "er", "chart", "templates", "app.yaml"), "2")
			write(t, filepath.Join(above, "other", "folder", "values.yaml"), "2")
			r.until(told, values)
			write(t, file, "3")
			r.until(filepath.Join(chart, "templates", "app.yaml"))
			write(t, filepath.Join(above, "other", "folder", "values.yaml"), "3")
			r.until(values)
			// Away, and back later.
			must(t, os.Rename(above, above+".new"))
			r.until(told, values)
			must(t, os.Rename(above+".old", above))
			r.until(told, values)
			write(t, file, "4")
			r.until(filepath.Join(chart, "templates", "app.yaml"))
		})
	}
}

// The parent is exchanged before its events are looked at.
func TestParentExchangedAtOnce(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	values := filepath.Join(dir, "config", "values.yaml")
	write(t, values, "1")
	write(t, filepath.Join(dir, "next", "values.yaml"), "2")
	w, err := New(patient)
	must(t, err)
	must(t, w.Set([]Root{{Path: values}}))
	must(t, os.Rename(filepath.Join(dir, "config"), filepath.Join(dir, "old")))
	must(t, os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "config")))
	r := run(t, w)
	if c := r.next(); !slices.Equal(c.Paths, []string{values}) {
		t.Errorf("told %q, want %q", c.Paths, values)
	}
	write(t, values, "3")
	r.until(values)
}

// The kernel tells of a file only in the folder of the name it is written by.
func TestFileWrittenUnderAnotherName(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // the number of names is not known there
	}
	t.Parallel()
	dir := tempDir(t)
	values, other := filepath.Join(dir, "p", "values.yaml"), filepath.Join(dir, "dotfiles", "values.yaml")
	write(t, values, "1")
	must(t, os.MkdirAll(filepath.Dir(other), 0o755))
	must(t, os.Link(values, other))
	r := start(t, checking, Root{Path: values})
	for _, name := range []string{other, other, values} { // and by its own name, once
		add(t, name, "2")
		r.until(values)
	}
	select {
	case c := <-r.out:
		t.Errorf("told %q again", c.Paths)
	case <-time.After(10 * checking.Poll):
	}
}
