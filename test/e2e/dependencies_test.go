//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestChartDependencies: what a chart lacks is packed into it without being asked
// for, once, and what is written by that is no save. An edit of a chart that it
// depends on is one.
func TestChartDependencies(t *testing.T) {
	p := open(t, "hello")
	for name, text := range map[string]string{
		"lib/Chart.yaml":          "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
		"lib/values.yaml":         "who: one\n",
		"lib/templates/note.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\ndata: {who: {{ .Values.who }}}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, p.path(name), text)
	}
	p.edit("chart/Chart.yaml", func(s string) string {
		return strings.TrimRight(s, "\n") + "\ndependencies:\n  - {name: lib, version: 0.x, repository: \"file://../lib\"}\n"
	})
	who := func(want string) {
		t.Helper()
		eventually(t, "the dependency's config map says "+want, func() error {
			cm, err := api(t).CoreV1().ConfigMaps(p.namespace).Get(t.Context(), "note", metav1.GetOptions{})
			if err == nil && cm.Data["who"] != want {
				err = fmt.Errorf("who is %q", cm.Data["who"])
			}
			return err
		})
	}
	p.start()
	p.live()
	who("one")
	archive := p.path("chart/charts/lib-0.1.0.tgz")
	first, err := os.Stat(archive)
	if err != nil {
		t.Fatal(err)
	}
	p.live()
	if n := strings.Count(p.out.String(), "Chart.lock"); n > 0 {
		t.Errorf("its own writes were told %d times", n)
	}
	if !strings.Contains(p.out.String(), "lib 0.1.0 from file://../lib") {
		t.Error("it did not say what it packed")
	}
	revision := p.revision("hello")
	if revision != 1 {
		t.Errorf("revision %d after the first start", revision)
	}

	p.replace("lib/values.yaml", "one", "two")
	p.live()
	who("two")
	if now := p.revision("hello"); now != revision+1 {
		t.Errorf("revision %d after one edit, want %d", now, revision+1)
	}

	// A second start finds everything in place.
	p.stop(os.Interrupt)
	second, err := os.Stat(archive)
	if err != nil || second.ModTime().Equal(first.ModTime()) {
		t.Errorf("%v; the edit did not pack the archive again", err)
	}
	p.start()
	p.live()
	if third, err := os.Stat(archive); err != nil || !third.ModTime().Equal(second.ModTime()) {
		t.Errorf("%v; the second start packed it again", err)
	}
	if now := p.revision("hello"); now != revision+1 {
		t.Errorf("revision %d after the second start, want %d", now, revision+1)
	}

	p.edit("chart/Chart.yaml", func(s string) string { return strings.Replace(s, "version: 0.x", "version: 3.x", 1) })
	p.failed("chart/Chart.yaml:", "dependency lib wants version 3.x, the chart at file://../lib is 0.1.0")
	p.edit("chart/Chart.yaml", func(s string) string { return strings.Replace(s, "version: 3.x", "version: 0.x", 1) })
	p.live()
}
