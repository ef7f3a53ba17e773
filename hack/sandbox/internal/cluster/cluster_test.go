//go:build linux

package cluster

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
)

func TestAStrangersDirectoryIsRefusedAndKept(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "precious")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Cluster{Layout: layout.New(root), Progress: &bytes.Buffer{}}
	if err := c.claim(); err == nil || !strings.Contains(err.Error(), root) {
		t.Errorf("claimed a directory with something in it: %v", err)
	}
	if c.claimed() {
		t.Error("the directory counts as a sandbox's: down would remove it")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestRemoveStateKeepsTheLogsWhenAsked(t *testing.T) {
	c := &Cluster{Layout: layout.New(filepath.Join(t.TempDir(), "state")), Progress: &bytes.Buffer{}}
	if err := c.claim(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"logs/a.log", "etcd/data", "settings.json"} {
		if err := os.MkdirAll(filepath.Dir(c.Layout.Path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.Layout.Path(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.removeState(true); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(c.Layout.Root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if want := []string{marker, "logs"}; !reflect.DeepEqual(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	if err := c.removeState(false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Layout.Root); !os.IsNotExist(err) {
		t.Errorf("the state directory is still there: %v", err)
	}
}

func TestStatusOfNothing(t *testing.T) {
	c := &Cluster{Layout: layout.New(t.TempDir()), Progress: &bytes.Buffer{}}
	var out bytes.Buffer
	if c.Status(t.Context(), &out) || out.String() != "the sandbox is down\n" {
		t.Errorf("status %q", out.String())
	}
}

func TestBelow(t *testing.T) {
	const mounts = `1 0 8:1 / / rw - ext4 /dev/vda rw
2 1 0:5 / /var/lib/devloop-sandbox rw - tmpfs tmpfs rw
3 1 0:5 / /var/lib/devloop-sandbox/run/a rw shared:1 - overlay overlay rw
4 1 0:5 / /var/lib/devloop-sandbox-other/b rw - tmpfs tmpfs rw
5 1 0:5 / /var/lib/devloop-sandbox/with\040space rw - tmpfs tmpfs rw
`
	want := []string{"/var/lib/devloop-sandbox/run/a", "/var/lib/devloop-sandbox/with space"}
	if got := below(mounts, "/var/lib/devloop-sandbox"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEnding(t *testing.T) {
	many := strings.Repeat("line\n", 100)
	if got := ending(many + "last\n"); strings.Count(got, "\n") != tailLines-1 || !strings.HasSuffix(got, "\nlast") {
		t.Errorf("of many lines: %q", got)
	}
	if got := ending("panic: the cause\n\n" + many); !strings.HasPrefix(got, "panic: the cause\n") {
		t.Errorf("of a crash: %q", got)
	}
	if got := ending(strings.Repeat("x", 1000)); len(got) > tailWidth+3 {
		t.Errorf("a long line is %d bytes", len(got))
	}
}

func TestIsProxy(t *testing.T) {
	for cmdline, want := range map[string]bool{
		"/usr/local/bin/kube-proxy\x00--config=x\x00": true,
		"/cache/kube\x00kube-proxy\x00":               true,
		"grep\x00-r\x00kube-proxy\x00":                false,
		"":                                            false,
	} {
		if got := isProxy(cmdline); got != want {
			t.Errorf("%q: %v, want %v", cmdline, got, want)
		}
	}
}
