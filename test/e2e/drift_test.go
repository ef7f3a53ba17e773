//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestTheFilesWin deletes and edits objects by hand while the loop runs.
func TestTheFilesWin(t *testing.T) {
	p := open(t, "hello")
	p.start()
	p.live()
	revision := p.revision("hello")

	start := time.Now()
	if err := api(t).CoreV1().Services(p.namespace).Delete(t.Context(), "hello", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deleted service comes back", func() error {
		_, err := api(t).CoreV1().Services(p.namespace).Get(t.Context(), "hello", metav1.GetOptions{})
		return err
	})
	p.answers("hello", "/", "Hello, world!")
	t.Logf("deleted service back and answering after %s", time.Since(start).Round(time.Millisecond))

	start = time.Now()
	_, err := api(t).AppsV1().Deployments(p.namespace).Patch(t.Context(), "hello", types.MergePatchType,
		[]byte(`{"spec":{"replicas":4}}`), metav1.PatchOptions{FieldManager: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the edited replicas go back", func() error {
		if n := *p.deployment("hello").Spec.Replicas; n != 1 {
			return fmt.Errorf("replicas: %d", n)
		}
		return nil
	})
	t.Logf("edited replicas back after %s", time.Since(start).Round(time.Millisecond))
	if now := p.revision("hello"); now != revision {
		t.Errorf("revision %d, want %d: putting back is no new release", now, revision)
	}

	p.replace("devloop.yaml", "apiVersion: devloop/v1", "apiVersion: devloop/v1\ndrift: \"off\"")
	p.replace("chart/values.yaml", "replicas: 1", "replicas: 2")
	p.live()
	_, err = api(t).AppsV1().Deployments(p.namespace).Patch(t.Context(), "hello", types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"app.kubernetes.io/name":"mine"}}}`), metav1.PatchOptions{FieldManager: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
	p.live()
	if got := p.deployment("hello").Labels["app.kubernetes.io/name"]; got != "mine" {
		t.Errorf("label %q, want the edit left alone with drift: off", got)
	}

	// Another value holds at once, for what was applied long ago.
	revision = p.revision("hello")
	p.replace("devloop.yaml", "drift: \"off\"", "drift: correct")
	eventually(t, "the edit goes back once drift is to be corrected", func() error {
		if got := p.deployment("hello").Labels["app.kubernetes.io/name"]; got == "mine" {
			return fmt.Errorf("label %q", got)
		}
		return nil
	})
	if now := p.revision("hello"); now != revision {
		t.Errorf("revision %d, want %d: nothing was to be applied", now, revision)
	}
}

// TestOnePassLeavesNoDrift: a release with nothing to upgrade is put right all the
// same, or what is wrong is told, before the command ends.
func TestOnePassLeavesNoDrift(t *testing.T) {
	p := open(t, "hello")
	if code, out := p.run("up", "--once"); code != 0 {
		t.Fatalf("up --once: exit code %d\n%s", code, out)
	}
	revision := p.revision("hello")
	scale := func() {
		t.Helper()
		_, err := api(t).AppsV1().Deployments(p.namespace).Patch(t.Context(), "hello", types.MergePatchType,
			[]byte(`{"spec":{"replicas":2}}`), metav1.PatchOptions{FieldManager: "somebody"})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		drift    string
		replicas int32
		says     string
	}{{"warn", 2, "spec.replicas 1 -> 2 by somebody"}, {"correct", 1, "put back"}, {"\"off\"", 2, ""}} {
		p.edit("devloop.yaml", func(s string) string {
			return replaceLine(strings.Replace(s, "apiVersion: devloop/v1\n", "apiVersion: devloop/v1\ndrift: x\n", 1-strings.Count(s, "drift:")), "drift:", "drift: "+tt.drift)
		})
		scale()
		code, out := p.run("up", "--once")
		if code != 0 || !strings.Contains(out, tt.says) || tt.says == "" && strings.Contains(out, "spec.replicas") {
			t.Errorf("drift: %s: exit code %d\n%s", tt.drift, code, out)
		}
		if n := *p.deployment("hello").Spec.Replicas; n != tt.replicas {
			t.Errorf("drift: %s: %d replicas, want %d", tt.drift, n, tt.replicas)
		}
	}
	if now := p.revision("hello"); now != revision {
		t.Errorf("revision %d, want %d", now, revision)
	}
}
