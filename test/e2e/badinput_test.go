//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestBadMoments does to the files what happens to files: each time the cluster
// keeps what works, the words name the place, and the next good save is enough.
func TestBadMoments(t *testing.T) {
	p := open(t, "hello")
	p.edit("devloop.yaml", func(s string) string {
		return strings.Replace(s, "    chart: chart\n", "    chart: chart\n    values: [mine.yaml]\n", 1)
	})
	write(t, p.path("mine.yaml"), "replicas: 1\n")
	p.start()
	p.live()
	tests := []struct {
		name       string
		break_, up func() error
		words      []string
	}{
		{"binary junk in a template",
			func() error {
				return os.WriteFile(p.path("chart/templates/junk.yaml"), []byte("\x00\x01\xff\xfe{{ \x00"), 0o644)
			},
			func() error { return os.Remove(p.path("chart/templates/junk.yaml")) }, []string{"junk.yaml"}},
		{"a values file is deleted",
			func() error { return os.Remove(p.path("mine.yaml")) },
			func() error { return os.WriteFile(p.path("mine.yaml"), []byte("replicas: 1\n"), 0o644) }, []string{"there is no ", "mine.yaml: make it, or correct releases."}},
		{"a values file becomes a folder",
			func() error {
				if err := os.Remove(p.path("mine.yaml")); err != nil {
					return err
				}
				return os.Mkdir(p.path("mine.yaml"), 0o755)
			},
			func() error {
				if err := os.Remove(p.path("mine.yaml")); err != nil {
					return err
				}
				return os.WriteFile(p.path("mine.yaml"), []byte("replicas: 1\n"), 0o644)
			}, []string{"mine.yaml"}},
		{"half a values file",
			func() error { return os.WriteFile(p.path("mine.yaml"), []byte("replicas: 1\nenv: {a: [1,"), 0o644) },
			func() error { return os.WriteFile(p.path("mine.yaml"), []byte("replicas: 1\n"), 0o644) }, []string{"mine.yaml"}},
		{"the chart's folder is renamed",
			func() error { return os.Rename(p.path("chart"), p.path("charts-new")) },
			func() error { return os.Rename(p.path("charts-new"), p.path("chart")) }, []string{"there is no ", "chart: make it, or correct releases."}},
		{"the context is renamed",
			func() error { return os.Rename(p.path("server"), p.path("server-new")) },
			func() error { return os.Rename(p.path("server-new"), p.path("server")) }, []string{"there is no ", "server: make it, or correct "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.t = t
			if err := tt.break_(); err != nil {
				t.Fatal(err)
			}
			p.failed(tt.words...)
			p.answers("hello", "/", "Hello, world!")
			if err := tt.up(); err != nil {
				t.Fatal(err)
			}
			p.live()
			p.answers("hello", "/", "Hello, world!")
		})
	}
}

// TestClockJumps saves under times that no clock of today tells.
func TestClockJumps(t *testing.T) {
	p := open(t, "hello")
	p.start()
	p.live()
	for i, at := range []time.Time{time.Unix(1, 0), time.Now().Add(24 * 365 * time.Hour), time.Now().Add(-time.Hour), time.Now().Add(time.Minute)} {
		p.edit("chart/values.yaml", func(s string) string { return replaceLine(s, "name: ", fmt.Sprintf("name: time-%d", i)) })
		if err := os.Chtimes(p.path("chart/values.yaml"), at, at); err != nil {
			t.Fatal(err)
		}
		p.live()
		p.answers("hello", "/", fmt.Sprintf("Hello, time-%d!", i))
	}
}

// TestWhatLeavesTheFileGoesWithAFlag takes a release out of devloop.yaml.
func TestWhatLeavesTheFileGoesWithAFlag(t *testing.T) {
	p := open(t, "hello")
	full := ""
	p.edit("devloop.yaml", func(s string) string {
		full = s + "  second:\n    chart: chart2\n    namespace: " + p.namespace + "\n    needs: [hello]\n"
		return full
	})
	if err := os.MkdirAll(p.path("chart2/templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, p.path("chart2/Chart.yaml"), "apiVersion: v2\nname: second\nversion: 0.1.0\n")
	write(t, p.path("chart2/templates/cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: second}\n")
	p.start("--prune")
	p.live()
	if got := p.revision("second"); got != 1 {
		t.Fatalf("revision %d of the second release, want 1", got)
	}
	p.edit("devloop.yaml", func(s string) string { return s[:strings.Index(s, "  second:")] })
	p.live()
	if v := p.versions(); strings.Contains(fmt.Sprint(v), "second") {
		t.Errorf("objects of the release are left: %v", v)
	}
	p.answers("hello", "/", "Hello, world!")
}
