//go:build e2e || sandbox

package e2e

import (
	"fmt"
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
}
