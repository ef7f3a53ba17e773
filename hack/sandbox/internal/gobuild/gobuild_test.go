//go:build unix

package gobuild

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sources is a module with one program, as files by name.
func sources(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const gomod = "module x\n\ngo 1.26.0\n\nrequire (\n\tk8s.io/kubernetes v1.34.4\n\ta.b/c v1.0.0 // indirect\n)\n"

func TestKeyFollowsWhatIsBuilt(t *testing.T) {
	base := map[string]string{"kube/go.mod": gomod, "kube/main.go": "package main", "other.go": "package x"}
	key := func(name, content string) string {
		t.Helper()
		files := map[string]string{}
		for k, v := range base {
			files[k] = v
		}
		files[name] = content
		key, err := Binary{Name: "kube", Dir: "kube"}.key(sources(t, files), "v1.34.4")
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	same := key("other.go", base["other.go"])
	for _, test := range []struct {
		what, name, content string
		changes             bool
	}{
		{"a source", "kube/main.go", "package main // new", true},
		{"a new source", "kube/more.go", "package main", true},
		{"a version", "kube/go.mod", strings.Replace(gomod, "v1.0.0", "v1.0.1", 1), true},
		{"a comment of go.mod", "kube/go.mod", strings.Replace(gomod, " // indirect", "", 1), false},
		{"a test", "kube/main_test.go", "package main", false},
		{"a source of another program", "other.go", "package y", false},
	} {
		if got := key(test.name, test.content); (got != same) != test.changes {
			t.Errorf("%s: key %s, before %s, want a change: %v", test.what, got, same, test.changes)
		}
	}
}

func TestKubernetesVersion(t *testing.T) {
	got, err := KubernetesVersion(sources(t, map[string]string{"go.mod": gomod}))
	if err != nil || got != "v1.34.4" {
		t.Errorf("got %q, %v, want v1.34.4", got, err)
	}
	if _, err := KubernetesVersion(sources(t, map[string]string{"go.mod": "module x\n"})); err == nil {
		t.Error("a go.mod without Kubernetes has a version")
	}
}

func TestBuildKeepsTheBinaryAndSaysWhatFails(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	module := sources(t, map[string]string{
		"good/go.mod": "module good\n\ngo 1.24\n", "good/main.go": "package main\n\nfunc main() {}\n",
		"bad/go.mod": "module bad\n\ngo 1.24\n", "bad/main.go": "package main\n\nfunc main() { nothing() }\n",
	})
	var progress bytes.Buffer
	builder := Builder{Module: module, Version: "v1", Progress: &progress}
	good := Binary{Name: "good", Dir: "good", Notice: "this takes a while"}
	path, err := builder.Build(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(progress.String(), good.Notice) {
		t.Errorf("progress %q lacks the notice", progress.String())
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	progress.Reset()
	again, err := builder.Build(t.Context(), good)
	after, _ := os.Stat(path)
	if err != nil || again != path || !after.ModTime().Equal(before.ModTime()) || progress.Len() > 0 {
		t.Errorf("second build: %s, %v, said %q; want %s left as it was", again, err, progress.String(), path)
	}
	if _, err := builder.Build(t.Context(), Binary{Name: "bad", Dir: "bad"}); err == nil || !strings.Contains(err.Error(), "main.go:3:15") {
		t.Errorf("a program that does not compile: %v, want the place", err)
	}
}

func TestMeter(t *testing.T) {
	m := newMeter(&bytes.Buffer{}, Binary{Name: "kube", Packages: 2600})
	for _, chunk := range []string{"go: downloading a.b/c v1\n", "k8s.io/api/co", "re/v1\n# x/y\n", "y.go:1:2: undefined: z\n"} {
		if _, err := m.Write([]byte(chunk)); err != nil {
			t.Fatal(err)
		}
	}
	if line := m.line(); !strings.Contains(line, "1 of at most 2600 packages compiled, now k8s.io/api/core/v1") {
		t.Errorf("progress %q", line)
	}
	if errors := m.Errors(); !strings.Contains(errors, "y.go:1:2: undefined: z") {
		t.Errorf("errors %q", errors)
	}
}

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	cache, now := t.TempDir(), time.Now()
	for name, age := range map[string]time.Duration{"new": 0, "old": unused + time.Hour} {
		dir := filepath.Join(cache, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		use(dir, now.Add(-age))
	}
	prune(cache, now)
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 1 || left[0].Name() != "new" {
		t.Errorf("left %v, %v, want the new one only", left, err)
	}
}
