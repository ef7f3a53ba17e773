package watch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// save is one way in which a program brings a change to disk: its calls, in
// its order.
type save struct {
	do   func(t *testing.T, dir string)
	want []string // told, below dir
	also []string // may be told too: files that are gone again
}

func saves() map[string]save {
	file := func(dir string) string { return filepath.Join(dir, "values.yaml") }
	return map[string]save{
		"in place": {func(t *testing.T, dir string) {
			f, err := os.OpenFile(file(dir), os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteString("two")
			must(t, err)
			must(t, f.Sync())
			must(t, f.Close())
		}, []string{"values.yaml"}, nil},
		"truncate and write": {func(t *testing.T, dir string) {
			f, err := os.OpenFile(file(dir), os.O_WRONLY|os.O_TRUNC, 0)
			must(t, err)
			for range 3 {
				_, err = f.WriteString("replicas: 3\n")
				must(t, err)
			}
			must(t, f.Close())
		}, []string{"values.yaml"}, nil},
		"temporary file renamed over (JetBrains)": {func(t *testing.T, dir string) {
			write(t, file(dir)+"___jb_tmp___", "two")
			must(t, os.Rename(file(dir), file(dir)+"___jb_old___"))
			must(t, os.Rename(file(dir)+"___jb_tmp___", file(dir)))
			must(t, os.Remove(file(dir)+"___jb_old___"))
		}, []string{"values.yaml"}, nil},
		"temporary file renamed over (sed -i)": {func(t *testing.T, dir string) {
			out, err := exec.Command("sed", "-i", "s/one/two/", file(dir)).CombinedOutput()
			if err != nil {
				t.Fatalf("sed: %v: %s", err, out)
			}
		}, []string{"values.yaml"}, []string{"sed*"}},
		"renamed to a backup and made anew (vim)": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, ".values.yaml.swp"), "swap")
			write(t, filepath.Join(dir, "4913"), "")
			must(t, os.Remove(filepath.Join(dir, "4913")))
			must(t, os.Rename(file(dir), file(dir)+"~"))
			write(t, file(dir), "two")
			must(t, os.Chmod(file(dir), 0o644))
			must(t, os.Remove(file(dir)+"~"))
			must(t, os.Remove(filepath.Join(dir, ".values.yaml.swp")))
		}, []string{"values.yaml"}, nil},
		"lock, backup and rename (emacs)": {func(t *testing.T, dir string) {
			must(t, os.Symlink("me@here.1", filepath.Join(dir, ".#values.yaml")))
			write(t, filepath.Join(dir, "#values.yaml#"), "auto")
			must(t, os.Rename(file(dir), file(dir)+"~"))
			write(t, file(dir), "two")
			must(t, os.Remove(filepath.Join(dir, "#values.yaml#")))
			must(t, os.Remove(filepath.Join(dir, ".#values.yaml")))
		}, []string{"values.yaml"}, nil},
		"copied to a backup and written in place (vim, emacs)": {func(t *testing.T, dir string) {
			write(t, file(dir)+"~", "one")
			f, err := os.OpenFile(file(dir), os.O_WRONLY|os.O_TRUNC, 0)
			must(t, err)
			_, err = f.WriteString("two")
			must(t, errors.Join(err, f.Sync(), f.Close()))
			must(t, os.Chmod(file(dir), 0o644))
			must(t, os.Remove(file(dir)+"~"))
		}, []string{"values.yaml"}, nil},
		"temporary file renamed over (gedit)": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, ".goutputstream-XK7S01"), "two")
			must(t, os.Rename(filepath.Join(dir, ".goutputstream-XK7S01"), file(dir)))
		}, []string{"values.yaml"}, nil},
		"exchanged with the new one (renameat2)": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "values.new"), "two")
			must(t, exchange(filepath.Join(dir, "values.new"), file(dir)))
			must(t, os.Remove(filepath.Join(dir, "values.new")))
		}, []string{"values.yaml"}, []string{"values.new"}},
		"deleted and made anew": {func(t *testing.T, dir string) {
			must(t, os.Remove(file(dir)))
			write(t, file(dir), "two")
		}, []string{"values.yaml"}, nil},
		"times only (touch)": {func(t *testing.T, dir string) {
			must(t, os.Chtimes(file(dir), time.Unix(1, 0), time.Unix(1, 0)))
		}, []string{"values.yaml"}, nil},
		"another name (hard link)": {func(t *testing.T, dir string) {
			must(t, os.Link(file(dir), filepath.Join(dir, "other.yaml")))
		}, []string{"other.yaml"}, []string{"values.yaml"}},
		"hard link over": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "tmp~"), "two")
			must(t, os.Remove(file(dir)))
			must(t, os.Link(filepath.Join(dir, "tmp~"), file(dir)))
			must(t, os.Remove(filepath.Join(dir, "tmp~")))
		}, []string{"values.yaml"}, nil},
		"mode": {func(t *testing.T, dir string) {
			must(t, os.Chmod(file(dir), 0o755))
		}, []string{"values.yaml"}, nil},
		"removed": {func(t *testing.T, dir string) {
			must(t, os.Remove(file(dir)))
		}, []string{"values.yaml"}, nil},
		"made": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "new.yaml"), "")
		}, []string{"new.yaml"}, nil},
		"odd names": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "with space"), "")
			write(t, filepath.Join(dir, "with\nnewline"), "")
			write(t, filepath.Join(dir, "größe-大.yaml"), "")
			write(t, filepath.Join(dir, "bad\xff"), "")
		}, []string{"bad\xff", "größe-大.yaml", "with\nnewline", "with space"}, nil},
		"nested folder with files at once": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "a", "b", "c", "deep"), "1")
			write(t, filepath.Join(dir, "a", "top"), "1")
		}, []string{"a", "a/b", "a/b/c", "a/b/c/deep", "a/top"}, nil},
		"folder moved": {func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, "sub"), filepath.Join(dir, "bus")))
		}, []string{"bus", "bus/inner", "bus/inner/file", "sub"}, []string{"sub/*", "sub/*/*"}},
		"folder moved into a new one": {func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, "new"), 0o755))
			must(t, os.Rename(filepath.Join(dir, "sub"), filepath.Join(dir, "new", "sub")))
		}, []string{"new", "new/sub", "new/sub/inner", "new/sub/inner/file", "sub"}, []string{"sub/*", "sub/*/*"}},
		"folder removed": {func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "sub")))
		}, []string{"sub"}, []string{"sub/*", "sub/*/*"}},
		"folder removed and made anew": {func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "sub")))
			write(t, filepath.Join(dir, "sub", "inner", "other"), "")
			// Polling cannot see that a folder is another one when it gets the
			// inode of the old one; what is in it, it sees.
		}, []string{"sub/inner/other"}, []string{"sub", "sub/*", "sub/*/*"}},
	}
}

func TestEveryWayOfSavingIsOneChange(t *testing.T) {
	modes := map[string]Options{
		"watched": patient,
		"polled":  {Quiet: patient.Quiet, Max: patient.Max, PollOnly: true, Poll: 20 * time.Millisecond},
	}
	for mode, opts := range modes {
		for name, s := range saves() {
			t.Run(mode+"/"+name, func(t *testing.T) {
				t.Parallel()
				dir := tempDir(t)
				write(t, filepath.Join(dir, "values.yaml"), "one")
				write(t, filepath.Join(dir, "sub", "inner", "file"), "one")
				r := after(t, opts, Root{Path: dir}, func() { s.do(t, dir) })
				got := s.told(t, dir, r.next())
				if !slices.Equal(got, s.want) {
					t.Errorf("told %q, want %q", got, s.want)
				}
				r.sentinel(dir, "after")
				// The watch still works in whatever folders are there now.
				r.everyFolder(dir)
			})
		}
	}
}

// What editors and git keep beside the files is no change, however much is
// written there.
func TestOwnFilesOfEditorsAndGitAreNoChange(t *testing.T) {
	for _, mode := range []Options{patient, {Quiet: patient.Quiet, Max: patient.Max, PollOnly: true, Poll: 20 * time.Millisecond}} {
		dir := tempDir(t)
		write(t, filepath.Join(dir, "values.yaml"), "one")
		git(t, dir, "init", "-q")
		r := start(t, mode, Root{Path: dir})
		for _, name := range []string{".values.yaml.swp", ".values.yaml.swo", ".swp", "4913", "values.yaml~", ".values.yaml.un~",
			"#values.yaml#", "values.yaml___jb_tmp___", ".values.yaml.kate-swp", ".DS_Store"} {
			path := filepath.Join(dir, name)
			for range 3 {
				write(t, path, name)
			}
			must(t, os.Rename(path, path+"~"))
			must(t, os.Rename(path+"~", path))
			if name != ".swp" {
				must(t, os.Remove(path))
			}
		}
		must(t, os.Symlink("me@here.1", filepath.Join(dir, ".#values.yaml")))
		must(t, os.Remove(filepath.Join(dir, ".#values.yaml")))
		write(t, filepath.Join(dir, ".git", "refs", "heads", "new"), "x")
		write(t, filepath.Join(dir, ".git", "COMMIT_EDITMSG"), "x")
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-q", "-m", "one")
		r.sentinel(dir, "after")
	}
}

// told is what a change reports below dir, without what only may be told.
func (s save) told(t *testing.T, dir string, c Change) []string {
	t.Helper()
	var got []string
	for _, p := range c.Paths {
		rel, err := filepath.Rel(dir, p)
		must(t, err)
		optional := func(pattern string) bool { ok, _ := filepath.Match(pattern, rel); return ok }
		if slices.Contains(s.want, rel) || !slices.ContainsFunc(s.also, optional) {
			got = append(got, rel)
		}
	}
	return got
}

// sentinel writes a file and fails unless the next change is only about it:
// nothing else was pending.
func (r *rig) sentinel(dir, name string) {
	r.t.Helper()
	path := filepath.Join(dir, name)
	write(r.t, path, "")
	if c := r.next(); !slices.Equal(c.Paths, []string{path}) {
		r.t.Errorf("next change is %q, want only %q", c.Paths, path)
	}
}

// everyFolder makes a file in each folder below dir and waits to be told.
func (r *rig) everyFolder(dir string) {
	r.t.Helper()
	var want []string
	must(r.t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			want = append(want, filepath.Join(path, "every"))
		}
		return err
	}))
	for _, p := range want {
		write(r.t, p, "")
	}
	r.until(want...)
}
