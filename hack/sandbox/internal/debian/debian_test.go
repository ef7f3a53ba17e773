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
	program(t, dir, "apt-get", "exit 1")
	var progress bytes.Buffer
	installer := Installer{Policy: filepath.Join(dir, "policy"), Progress: &progress}
	if err := os.WriteFile(installer.Policy, []byte(forbid), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := installer.Ensure(t.Context(), needs()); err != nil || progress.Len() > 0 {
		t.Errorf("got %v, said %q", err, progress.String())
	}
	if _, err := os.Stat(installer.Policy); !os.IsNotExist(err) {
		t.Errorf("the policy that a killed run left is still there: %v", err)
	}
}

func TestWithoutAptTheProgramsAreNamed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	program(t, dir, "sandbox-test-a", "")
	err := Installer{Policy: filepath.Join(dir, "policy"), Progress: &bytes.Buffer{}}.Ensure(t.Context(), needs())
	if err == nil || !strings.Contains(err.Error(), "lacks sandbox-test-b, sandbox-test-c and has no apt-get") {
		t.Errorf("got %v", err)
	}
}

// The fake apt-get knows no package before an update, as on a new machine,
// and installs programs whose services it starts unless the policy forbids.
func TestInstallUpdatesTheListsAndStartsNoService(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	policy := filepath.Join(dir, "policy")
	program(t, dir, "apt-get", `cd `+dir+`
echo "$*" >> calls
case "$1" in
update) touch lists ;;
install)
	[ -e lists ] || exit 100
	./policy && touch service-started
	for p in a b c; do printf '#!/bin/sh\n' > sandbox-test-$p; chmod +x sandbox-test-$p; done ;;
esac`)
	var progress bytes.Buffer
	if err := (Installer{Policy: policy, Progress: &progress}).Ensure(t.Context(), needs()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(progress.String(), "installing Debian's packages pkg-a, pkg-b") {
		t.Errorf("said %q", progress.String())
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil || strings.Count(string(calls), "install ") != 2 || !strings.Contains(string(calls), "pkg-a pkg-b") {
		t.Errorf("apt-get was called with %q, %v", calls, err)
	}
	for _, name := range []string{"service-started", "policy"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", name, err)
		}
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
