package build

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

// What a look at the changed paths finds is what a look at everything finds.
func TestFilesAfterAChange(t *testing.T) {
	tests := map[string]struct {
		write   map[string]string
		changed []string
	}{
		"nothing":         {nil, nil},
		"a file":          {map[string]string{"main.go": "new"}, []string{"main.go"}},
		"an ignored file": {map[string]string{"x.log": "new"}, []string{"x.log"}},
		"the ignore file": {map[string]string{".dockerignore": "main.go\n"}, []string{".dockerignore"}},
		"its own one":     {map[string]string{"Dockerfile.dockerignore": "main.go\n"}, []string{"Dockerfile.dockerignore"}},
		"the Dockerfile":  {map[string]string{"Dockerfile": "FROM a\n"}, []string{"Dockerfile"}},
		"the context":     {map[string]string{"new/a": "a"}, []string{"."}},
		"elsewhere":       {nil, []string{"../other"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root, h := project(t), digest.New()
			s := Spec{Name: "app", Context: root}
			before, err := s.Files(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range tt.write {
				put(t, filepath.Join(root, filepath.FromSlash(name)), text)
			}
			var changed []string
			for _, name := range tt.changed {
				changed = append(changed, filepath.Join(root, filepath.FromSlash(name)))
			}
			got, err := s.FilesAfter(t.Context(), h, before, changed)
			if err != nil {
				t.Fatal(err)
			}
			want, err := s.Inputs(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if in, err := s.InputsOf(got); err != nil || in.Digest != want.Digest {
				t.Errorf("files %v, want %v (%v)", names(in.Files), names(want.Files), err)
			}
		})
	}
}

func TestAContextThatMayNotBeReadSaysWhatToDo(t *testing.T) {
	root := project(t)
	src, err := Spec{Name: "app", Context: root}.source()
	if err != nil {
		t.Fatal(err)
	}
	err = src.unreadable(&fs.PathError{Op: "open", Path: filepath.Join(src.Context, "data", "db"), Err: syscall.EACCES})
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), `leave it out by a line "data/db" in `+filepath.Join(src.Context, ".dockerignore")) {
		t.Errorf("error %v", err)
	}
}
