//go:build linux || darwin

package digest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs the test again as a user whom the system denies something; root
// is denied nothing. It tells whether this is that run.
func asNobody(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return true
	}
	const nobody = 65534
	dir, err := os.MkdirTemp("", "denied")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	program := filepath.Join(dir, "test")
	out, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, self)
	if err := errors.Join(err, out.Close(), os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "tmp"), 0o777), os.Chmod(filepath.Join(dir, "tmp"), 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"TMPDIR=" + filepath.Join(dir, "tmp")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	text, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(text), "--- PASS") {
		t.Errorf("as another user: %v\n%s", err, text)
	}
	return false
}

func TestWhatMayNotBeReadIsSaid(t *testing.T) {
	if !asNobody(t) {
		return
	}
	for name, below := range map[string]string{"a folder": "", "a file": "/file"} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, filepath.Join(root, "open"), "x")
			write(t, filepath.Join(root, "shut", "file"), "x")
			path := filepath.Join(root, "shut") + below
			if err := os.Chmod(path, 0); err != nil {
				t.Fatal(err)
			}
			h := New()
			_, err := h.Tree(t.Context(), root, nil)
			var at *fs.PathError
			if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &at) || at.Path != path {
				t.Errorf("error %v, want one of %s", err, path)
			}
			if err := os.Chmod(path, 0o700); err != nil {
				t.Fatal(err)
			}
			if got := tree(t, h, root); got.Len() != 2 {
				t.Errorf("readable again: %v", got.Map())
			}
		})
	}
}
