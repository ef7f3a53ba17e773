package debian

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program puts an executable into dir.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func needs() []Need {
	return []Need{{Program: "sandbox-test-a", Package: "pkg-a"}, {Program: "sandbox-test-b", Package: "pkg-b"}, {Program: "sandbox-test-c", Package: "pkg-b"}}
}

func TestNothingIsInstalledWhenNothingIsMissing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	for _, need := range needs() {
		program(t, dir, need.Program, "")
	}
	var progress bytes.Buffer
	if err := Ensure(t.Context(), needs(), &progress); err != nil || progress.Len() > 0 {
		t.Errorf("got %v, said %q", err, progress.String())
	}
}

func TestWithoutAptTheProgramsAreNamed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	program(t, dir, "sandbox-test-a", "")
	err := Ensure(t.Context(), needs(), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "lacks sandbox-test-b, sandbox-test-c and has no apt-get") {
		t.Errorf("got %v", err)
	}
}

func TestMissingNamesEachPackageOnce(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	missing := Missing(needs())
	if len(missing) != 3 {
		t.Fatalf("missing %v, want all", missing)
	}
	if got := names(missing, func(n Need) string { return n.Package }); got != "pkg-a, pkg-b" {
		t.Errorf("packages %q", got)
	}
}

func TestTail(t *testing.T) {
	if got := tail("one\ntwo\nthree\n", 2); got != "two; three" {
		t.Errorf("got %q", got)
	}
}
