//go:build unix

package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// nobody is the user id that the kernel itself gives to whom it does not know.
const nobody = 65534

// A folder that may not be read is told, and picked up as soon as it may be. Root
// may read everything, so root runs the test as another user.
func TestFolderThatMayNotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		dir := tempDir(t)
		must(t, os.Chown(dir, nobody, nobody))
		binary := filepath.Join(dir, "test")
		text, err := os.ReadFile(os.Args[0])
		must(t, err)
		must(t, os.WriteFile(binary, text, 0o755))
		for _, parent := range []string{filepath.Dir(dir), dir} {
			must(t, os.Chmod(parent, 0o755))
		}
		cmd := exec.Command(binary, "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TMPDIR="+dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("as user %d: %v\n%s", nobody, err, out)
		}
		return
	}
	for name, hidden := range map[string]string{"in a root": "root/sub", "the root": "root", "its parent": ".", "far above": ".."} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(tempDir(t), "a", "b")
			file := filepath.Join(dir, "root", "sub", "file")
			beside := filepath.Join(tempDir(t), "beside")
			write(t, file, "1")
			write(t, beside, "1")
			denied := filepath.Join(dir, hidden)
			must(t, os.Chmod(denied, 0))
			t.Cleanup(func() { must(t, os.Chmod(denied, 0o755)) })
			var mu sync.Mutex
			var told []string
			opts := checking
			opts.Notice = func(err error) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, err.Error())
			}
			roots := []Root{{Path: filepath.Join(dir, "root")}, {Path: beside}}
			r := start(t, opts, roots...)
			for range 3 {
				must(t, r.w.Set(roots)) // as after each save
				write(t, beside, "2")
				r.until(beside)
			}
			known := filepath.Join(dir, "root")
			if hidden == "root/sub" {
				known = filepath.Dir(file)
			}
			for _, folder := range []string{"one", "two"} {
				must(t, os.Chmod(denied, 0o755))
				r.until(known)
				write(t, file, "2")
				r.until(file)
				inside, err := os.OpenRoot(filepath.Dir(file))
				must(t, err)
				must(t, os.Chmod(denied, 0))
				r.until(known)
				if denied != filepath.Dir(file) {
					// Whoever was in there before goes on.
					must(t, inside.Mkdir(folder, 0o755))
				}
				must(t, inside.Close())
				write(t, beside, "3")
				r.until(beside)
			}
			must(t, os.Chmod(denied, 0o755))
			r.until(known)
			r.everyFolder(filepath.Join(dir, "root"))
			mu.Lock()
			defer mu.Unlock()
			if len(told) == 0 || len(told) > 6 || !strings.Contains(told[0], "permission denied") {
				t.Errorf("notices: %q, want what may not be read, once each time", told)
			}
		})
	}
}
