package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// patient waits long enough that steps of a test are one change, also on a busy
// machine.
var patient = Options{Quiet: 100 * time.Millisecond, Max: 20 * time.Second}

func TestFileRootReportsOnlyThatFile(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	values := filepath.Join(dir, "values.yaml")
	write(t, values, "1")
	r := start(t, patient, Root{Path: values})
	write(t, filepath.Join(dir, "other.yaml"), "1")
	write(t, values, "2")
	if c := r.next(); !slices.Equal(c.Paths, []string{values}) {
		t.Errorf("told %q, want only %q", c.Paths, values)
	}
	for range 3 { // every save of an editor that renames
		write(t, values+".tmp", "3")
		must(t, os.Rename(values+".tmp", values))
		if c := r.next(); !slices.Equal(c.Paths, []string{values}) {
			t.Errorf("told %q, want only %q", c.Paths, values)
		}
	}
}

func TestMissingRootAppears(t *testing.T) {
	t.Parallel()
	for name, root := range map[string]string{
		"next to what exists": "chart",
		"deep":                "a/b/c/chart",
	} {
		t.Run(name, func(t *testing.T) {
			dir := tempDir(t)
			path := filepath.Join(dir, root)
			r := after(t, patient, Root{Path: path}, func() {
				write(t, filepath.Join(path, "templates", "app.yaml"), "1")
			})
			c := r.next()
			if !slices.Contains(c.Paths, filepath.Join(path, "templates", "app.yaml")) {
				t.Errorf("told %q, want the file of the new root", c.Paths)
			}
			write(t, filepath.Join(path, "values.yaml"), "1")
			r.until(filepath.Join(path, "values.yaml"))
		})
	}
	t.Run("a file", func(t *testing.T) {
		dir := tempDir(t)
		path := filepath.Join(dir, "config", "values.yaml")
		r := start(t, patient, Root{Path: path})
		write(t, filepath.Join(dir, "config", "other.yaml"), "1")
		write(t, path, "1")
		if c := r.next(); !slices.Equal(c.Paths, []string{path}) {
			t.Errorf("told %q, want only %q", c.Paths, path)
		}
	})
}

func TestRootRemovedAndMadeAnew(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	chart := filepath.Join(dir, "p", "chart")
	file := filepath.Join(chart, "templates", "app.yaml")
	write(t, file, "1")
	r := start(t, Options{}, Root{Path: chart})
	for range 3 {
		must(t, os.RemoveAll(filepath.Join(dir, "p"))) // its parent too
		r.until(chart)
		write(t, file, "2")
		r.until(file)
		must(t, os.Rename(chart, chart+".away"))
		r.until(chart)
		must(t, os.Rename(chart+".away", chart))
		r.until(file)
		write(t, file, "3")
		r.until(file)
	}
}

func TestFileReplacedByFolderAndBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(tempDir(t), "thing")
	write(t, path, "1")
	r := start(t, patient, Root{Path: path})
	must(t, os.Remove(path))
	write(t, filepath.Join(path, "inside"), "1")
	r.until(filepath.Join(path, "inside"))
	must(t, os.RemoveAll(path))
	write(t, path, "2")
	r.until(path)
	write(t, path, "3")
	r.until(path)
}

func TestSkip(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	write(t, filepath.Join(dir, "node_modules", "a", "b.js"), "1")
	write(t, filepath.Join(dir, "src", "keep.go"), "1")
	var asked []string
	skip := func(rel string, isDir bool) bool {
		asked = append(asked, rel)
		return rel == "node_modules" && isDir || strings.HasSuffix(rel, ".log")
	}
	r := after(t, patient, Root{Path: dir, Skip: skip}, func() {
		if slices.ContainsFunc(asked, func(rel string) bool { return strings.HasPrefix(rel, "node_modules/") }) {
			t.Errorf("looked into a skipped folder: %q", asked)
		}
		write(t, filepath.Join(dir, "node_modules", "a", "b.js"), "2")
		write(t, filepath.Join(dir, "node_modules", "c.js"), "2")
		write(t, filepath.Join(dir, "src", "out.log"), "2")
		write(t, filepath.Join(dir, "src", "new", "out.log"), "2")
		write(t, filepath.Join(dir, "src", "new", "a.go"), "2")
	})
	want := []string{filepath.Join(dir, "src", "new"), filepath.Join(dir, "src", "new", "a.go")}
	if c := r.next(); !slices.Equal(c.Paths, want) {
		t.Errorf("told %q, want %q", c.Paths, want)
	}
}

func TestRootsThatOverlap(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	values := filepath.Join(dir, "chart", "values.yaml")
	write(t, values, "1")
	write(t, filepath.Join(dir, "chart", "sub", "x"), "1")
	r := start(t, patient,
		Root{Path: dir, Skip: func(rel string, isDir bool) bool { return rel == "chart" }},
		Root{Path: filepath.Join(dir, "chart")},
		Root{Path: values},
		Root{Path: filepath.Join(dir, "chart", "sub")},
	)
	write(t, values, "2")
	if c := r.next(); !slices.Equal(c.Paths, []string{values}) {
		t.Errorf("told %q, want %q once", c.Paths, values)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "chart")))
	r.until(filepath.Join(dir, "chart"), filepath.Join(dir, "chart", "sub"), values)
	write(t, filepath.Join(dir, "chart", "sub", "y"), "1")
	write(t, values, "1")
	r.until(filepath.Join(dir, "chart", "sub", "y"), values)
	r.everyFolder(filepath.Join(dir, "chart"))
}

func TestSetWhileRunning(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	a, b := filepath.Join(dir, "a", "file"), filepath.Join(dir, "b", "file")
	write(t, a, "1")
	write(t, b, "1")
	r := start(t, patient, Root{Path: filepath.Dir(a)})
	must(t, r.w.Set([]Root{{Path: filepath.Dir(b)}}))
	write(t, a, "2")
	write(t, b, "2")
	if c := r.next(); !slices.Equal(c.Paths, []string{b}) {
		t.Errorf("told %q, want only %q", c.Paths, b)
	}
	if err := r.w.Set([]Root{{Path: "relative"}}); err == nil {
		t.Error("a relative path was accepted")
	}
	write(t, b, "3") // the bad call changed nothing
	r.until(b)
}

func TestLinks(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (dir, link string) {
		dir = tempDir(t)
		write(t, filepath.Join(dir, "v1", "app.yaml"), "1")
		write(t, filepath.Join(dir, "v2", "app.yaml"), "2")
		write(t, filepath.Join(dir, "shared", "values.yaml"), "1")
		link = filepath.Join(dir, "current")
		must(t, os.Symlink("v1", link))
		must(t, os.Symlink(filepath.Join(dir, "shared", "values.yaml"), filepath.Join(dir, "v1", "values.yaml")))
		return dir, link
	}
	t.Run("root is a link to a folder", func(t *testing.T) {
		t.Parallel()
		dir, link := setup(t)
		r := start(t, patient, Root{Path: link})
		write(t, filepath.Join(dir, "v1", "app.yaml"), "1b")
		if c, want := r.next(), filepath.Join(link, "app.yaml"); !slices.Equal(c.Paths, []string{want}) {
			t.Errorf("told %q, want %q: below the path that was given", c.Paths, want)
		}
		must(t, os.Symlink("v2", link+".new"))
		must(t, os.Rename(link+".new", link))
		r.until(link, filepath.Join(link, "app.yaml"))
		write(t, filepath.Join(dir, "v2", "more.yaml"), "2")
		r.until(filepath.Join(link, "more.yaml"))
	})
	t.Run("a link on the way to the root", func(t *testing.T) {
		t.Parallel()
		dir, link := setup(t)
		path := filepath.Join(link, "app.yaml")
		r := start(t, patient, Root{Path: path})
		write(t, filepath.Join(dir, "v1", "app.yaml"), "1b")
		r.until(path)
		must(t, os.Remove(link))
		must(t, os.Symlink("v2", link))
		r.until(path)
		write(t, filepath.Join(dir, "v2", "app.yaml"), "2b")
		r.until(path)
	})
	t.Run("link to a file inside a root", func(t *testing.T) {
		t.Parallel()
		dir, _ := setup(t)
		inside := filepath.Join(dir, "v1", "values.yaml")
		target := filepath.Join(dir, "shared", "values.yaml")
		r := start(t, patient, Root{Path: filepath.Join(dir, "v1")})
		for range 2 {
			write(t, target, "2")
			if c := r.next(); !slices.Equal(c.Paths, []string{inside}) {
				t.Errorf("told %q, want %q", c.Paths, inside)
			}
			write(t, target+".tmp", "3")
			must(t, os.Rename(target+".tmp", target))
			r.until(inside)
		}
		must(t, os.Remove(inside))
		must(t, os.Symlink(filepath.Join(dir, "v2", "app.yaml"), inside))
		r.until(inside)
		write(t, filepath.Join(dir, "v2", "app.yaml"), "changed")
		r.until(inside)
		must(t, os.Remove(filepath.Join(dir, "v2", "app.yaml"))) // dangling now
		r.until(inside)
		write(t, filepath.Join(dir, "v2", "app.yaml"), "back")
		r.until(inside)
	})
	t.Run("link to a folder inside a root", func(t *testing.T) {
		t.Parallel()
		dir, _ := setup(t)
		must(t, os.Symlink("../v2", filepath.Join(dir, "v1", "charts")))
		must(t, os.Symlink("..", filepath.Join(dir, "v2", "loop")))
		must(t, os.Symlink("self", filepath.Join(dir, "v1", "self")))
		r := start(t, patient, Root{Path: filepath.Join(dir, "v1"), FollowFolders: true})
		write(t, filepath.Join(dir, "v2", "app.yaml"), "changed")
		told := filepath.Join(dir, "v1", "charts", "app.yaml")
		if c := r.next(); !slices.Equal(c.Paths, []string{told}) {
			t.Errorf("told %q, want %q", c.Paths, told)
		}
		must(t, os.RemoveAll(filepath.Join(dir, "v2")))
		r.until(filepath.Join(dir, "v1", "charts"))
		write(t, filepath.Join(dir, "v2", "again.yaml"), "") // told once
		r.until(filepath.Join(dir, "v1", "charts", "again.yaml"))
		// Without FollowFolders, the same link costs and tells nothing.
		must(t, r.w.Set([]Root{{Path: filepath.Join(dir, "v1")}}))
		write(t, filepath.Join(dir, "v2", "again.yaml"), "2")
		r.sentinel(filepath.Join(dir, "v1"), "after")
	})
}
