package deploy

import (
	"os"
	"strings"
	"testing"
	"time"
)

// rewrite replaces text in a file.
func rewrite(t *testing.T, path, old, new string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, new)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// poll waits until something is so.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("no %s after 20s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
