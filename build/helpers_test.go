package build

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

// folder writes files (path -> text) below a new folder and returns it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		put(t, filepath.Join(root, filepath.FromSlash(name)), text)
	}
	return root
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func inputs(t *testing.T, s Spec) Inputs {
	t.Helper()
	in, err := s.Inputs(t.Context(), digest.New())
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func names(files map[string]string) []string {
	return slices.Sorted(maps.Keys(files))
}
