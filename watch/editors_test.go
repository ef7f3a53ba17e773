package watch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// editor is a real one, driven to replace one by two and to save.
type editor struct {
	binaries []string // the first that is installed is taken
	args     func(setting, file string) []string
	settings []string
	also     []string // what else may be told: temporary files that are gone again
}

var editors = map[string]editor{
	"vim": {
		binaries: []string{"vim", "vim.tiny", "vi"},
		args: func(setting, file string) []string {
			return []string{"-N", "-u", "NONE", "-i", "NONE", "-es", "-c", "set " + setting, "-c", "%s/one/two/", "-c", "silent! preserve", "-c", "wq", file}
		},
		settings: []string{"backupcopy=auto", "backupcopy=yes", "backupcopy=no", "backup backupcopy=yes", "backup backupcopy=no", "nowritebackup", "noswapfile nofsync"},
	},
	"emacs": {
		binaries: []string{"emacs", "emacs-nox"},
		args: func(setting, file string) []string {
			return []string{"-Q", "--batch", "--eval", "(setq " + setting + ")", "--visit", file, "--eval",
				`(progn (while (search-forward "one" nil t) (replace-match "two")) (do-auto-save) (save-buffer))`}
		},
		settings: []string{"make-backup-files t", "make-backup-files nil", "backup-by-copying t", "file-precious-flag t", "create-lockfiles nil"},
		also:     []string{"tmp*"}, // file-precious-flag renames over
	},
	"sed":  {[]string{"sed"}, func(flag, file string) []string { return []string{flag, "s/one/two/", file} }, []string{"-i", "-i~"}, []string{"sed*"}},
	"perl": {[]string{"perl"}, func(flag, file string) []string { return []string{flag, "-pe", "s/one/two/", file} }, []string{"-i", "-i~"}, []string{"XX*"}},
}

// What editors do by their sources is in saves; this is what those that are
// installed really do. WATCH_TEST_EDITORS names, separated by spaces, the ones
// that must be: hack/test.sh says which.
func TestRealEditors(t *testing.T) {
	for _, name := range strings.Fields(os.Getenv("WATCH_TEST_EDITORS")) {
		if _, ok := editors[name]; !ok || editors[name].binary() == "" {
			t.Errorf("%s is not installed, but WATCH_TEST_EDITORS asks for it", name)
		}
	}
	for name, e := range editors {
		binary := e.binary()
		if binary == "" {
			t.Logf("NOT RUN: %s is not installed; its system calls are in TestEveryWayOfSavingIsOneChange", name)
			continue
		}
		for _, setting := range e.settings {
			t.Run(name+"/"+setting, func(t *testing.T) {
				t.Parallel()
				dir := tempDir(t)
				path := filepath.Join(dir, "values.yaml")
				write(t, path, "replicas: one\n")
				cmd := exec.Command(binary, e.args(setting, path)...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+t.TempDir(), "TERM=dumb", "LC_ALL=C")
				r := after(t, patient, Root{Path: dir}, func() {
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v: %v: %s", cmd.Args, err, out)
					}
				})
				if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte("two")) {
					t.Fatalf("%s did not save: %q, %v", name, text, err)
				}
				want := save{want: []string{"values.yaml"}, also: e.also}
				if got := want.told(t, dir, r.next()); !slices.Equal(got, want.want) {
					t.Errorf("told %q, want %q", got, want.want)
				}
				r.sentinel(dir, "after")
			})
		}
	}
}

func (e editor) binary() string {
	for _, name := range e.binaries {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
