//go:build e2e || sandbox

package e2e

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"github.com/devloop-dev/devloop/internal/loop"
)

// status is what devloop status says, and its exit code.
func (p *project) status() (int, loop.Snapshot) {
	p.t.Helper()
	code, out := p.run("status", "-o", "json")
	var s loop.Snapshot
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		p.t.Fatalf("devloop status: %d, %v\n%s", code, err, out)
	}
	return code, s
}

// TestStatus looks at a project before, beside and after a loop.
func TestStatus(t *testing.T) {
	p := open(t, "hello")
	if code, s := p.status(); code != 1 || s.Running || s.State != loop.Absent {
		t.Errorf("before up: %d, %+v", code, s)
	}
	p.start()
	p.live()
	code, s := p.status()
	if code != 0 || !s.Running || s.State != loop.Live || s.Context == "" || len(s.Images) != 1 || len(s.Releases) != 1 {
		t.Fatalf("beside up: %d, %+v", code, s)
	}
	if im := s.Images[0]; im.Reference != p.image("hello") {
		t.Errorf("image %+v, the cluster runs %s", im, p.image("hello"))
	}
	if r := s.Releases[0]; r.Revision != 1 || r.Ready != r.Total || r.Total == 0 || r.PodsReady != 1 || r.Pods != 1 || r.Namespace != p.namespace {
		t.Errorf("release %+v", r)
	}
	// What the loop has done is not what stands: nobody saved a file.
	p.replace("chart/values.yaml", "replicas: 1", "replicas: nonsense")
	p.failed("spec.replicas")
	if code, out := p.run("status"); code != 1 || !strings.Contains(out, "failed") || !strings.Contains(out, "-> ") {
		t.Errorf("after a bad save: %d\n%s", code, out)
	}
	p.replace("chart/values.yaml", "replicas: nonsense", "replicas: 1")
	p.live()
	p.stop(syscall.SIGINT)
	if code, s := p.status(); code != 0 || s.Running || s.State != loop.Live || s.Releases[0].Revision == 0 {
		t.Errorf("after up: %d, %+v", code, s)
	}
	if _, out := p.run("status"); !strings.Contains(out, "no devloop up is running") {
		t.Errorf("after up:\n%s", out)
	}
}
