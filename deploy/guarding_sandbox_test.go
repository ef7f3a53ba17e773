//go:build sandbox

package deploy

import (
	"context"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// withinDrift is how long a correction may take on a machine that is busy.
const withinDrift = 20 * time.Second

// guarding is a Guard that runs beside a test.
type guarding struct {
	told chan Drift
	end  context.CancelFunc
	err  chan error
}

func (s *sandbox) guard(t *testing.T, res Result, mode DriftMode) *guarding {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g := &guarding{told: make(chan Drift, 100), end: cancel, err: make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.err <- s.Guard(ctx, res, mode, func(d Drift) { g.told <- d })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return g
}

// next is the next finding, which must come soon.
func (g *guarding) next(t *testing.T) Drift {
	t.Helper()
	select {
	case d := <-g.told:
		return d
	case err := <-g.err:
		t.Fatalf("Guard ended: %v", err)
	case <-time.After(withinDrift):
		t.Fatalf("nothing told within %s", withinDrift)
	}
	return Drift{}
}

// quiet fails if anything is told for a while.
func (g *guarding) quiet(t *testing.T, why string) {
	t.Helper()
	select {
	case d := <-g.told:
		t.Errorf("%s: told %s", why, d)
	case <-time.After(700 * time.Millisecond):
	}
}

// settled puts an object under the guard back and forth, so that what it saw
// before is known to be worked on.
func (g *guarding) settled(t *testing.T, s *sandbox) {
	t.Helper()
	s.edit(t, cmResource, "config", `{"data":{"who":"probe"}}`)
	if d := g.next(t); !d.Corrected || d.Object.Name != "config" {
		t.Fatalf("the probe gave %s", d)
	}
}

var (
	cmResource  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	secResource = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	svcResource = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	depResource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
)

// edit is somebody's merge patch.
func (s *sandbox) edit(t *testing.T, gvr schema.GroupVersionResource, name, patch string) {
	t.Helper()
	_, err := s.dynamic.Resource(gvr).Namespace(s.namespace).Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *sandbox) remove(t *testing.T, gvr schema.GroupVersionResource, name string) {
	t.Helper()
	if err := s.dynamic.Resource(gvr).Namespace(s.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// soon waits until a condition holds, and says how long that took.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	start := time.Now()
	for !holds() {
		if time.Since(start) > withinDrift {
			t.Fatalf("not within %s: %s", withinDrift, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("%s: after %s", what, time.Since(start).Round(time.Millisecond))
}

func (s *sandbox) deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d, err := s.kube.AppsV1().Deployments(s.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// idle is small with no pods.
func (s *sandbox) idle(t *testing.T) Release {
	rel := s.release(t, small())
	rel.Set = map[string]any{"replicas": 0}
	return rel
}
