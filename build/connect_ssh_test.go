//go:build !windows

package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeSSH puts a script named ssh into PATH, as no machine can be logged in to here.
// It appends its arguments to the file calls in the folder returned.
func fakeSSH(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = folder(t, map[string]string{"ssh": "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/calls\"\n" + script})
	if err := os.Chmod(filepath.Join(dir, "ssh"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

func TestConnectOverSSHTellsWhatSSHSays(t *testing.T) {
	fakeSSH(t, "read -r request\necho 'me@there: Permission denied (publickey).' >&2\nexit 255\n")
	_, err := Connect(t.Context(), ConnectOptions{Env: env(t, map[string]string{"DOCKER_HOST": "ssh://me@there"})})
	for _, want := range []string{"docker does not answer at ssh://me@there (from DOCKER_HOST)", "Permission denied (publickey)", "`ssh me@there docker version`"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := Connect(t.Context(), ConnectOptions{Env: env(t, map[string]string{"DOCKER_HOST": "ssh://me:secret@there"})}); err == nil || strings.Contains(err.Error(), "secret@") {
		t.Errorf("error %v, want one without the password", err)
	}
}
