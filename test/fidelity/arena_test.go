//go:build sandbox

package fidelity

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// arena is the namespaces of one comparison: for plain helm, for devloop and
// for both in turns. One that a chart left empty is used again.
type arena struct {
	name       string
	namespaces [3]string
	extra      []string
	tainted    bool
}

// clusterWide are the kinds outside of namespaces that the corpus makes.
var clusterWide = []schema.GroupVersionResource{
	{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
	{Group: "scheduling.k8s.io", Version: "v1", Resource: "priorityclasses"},
}

// arena gives the test namespaces of its own, and takes them back.
func (w *world) arena(t *testing.T, c *chartCase) *arena {
	t.Helper()
	w.poolMu.Lock()
	var a *arena
	if n := len(w.pool); n > 0 {
		a, w.pool = w.pool[n-1], w.pool[:n-1]
	}
	w.poolMu.Unlock()
	if a == nil {
		a = &arena{name: "fid-" + strings.ToLower(rand.Text()[:6])}
		for i, side := range []string{"-h", "-d", "-m"} {
			a.namespaces[i] = a.name + side
			w.makeNamespace(t, a.namespaces[i])
		}
	}
	for _, suffix := range c.Namespaces {
		for _, ns := range a.namespaces {
			a.extra = append(a.extra, ns+suffix)
			w.makeNamespace(t, ns+suffix)
		}
		a.tainted = true
	}
	t.Cleanup(func() { w.giveBack(t, a) })
	return a
}

func (w *world) makeNamespace(t *testing.T, name string) {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := w.kube.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// giveBack keeps an arena that is as good as new, and removes any other. It
// does not wait until it is gone.
func (w *world) giveBack(t *testing.T, a *arena) {
	ctx := context.Background()
	if err := w.removeClusterWide(ctx, clusterWide, a.name); err != nil {
		t.Error(err)
	}
	if !a.tainted && !t.Failed() {
		w.poolMu.Lock()
		defer w.poolMu.Unlock()
		w.pool = append(w.pool, a)
		return
	}
	w.remove(t, a)
}

func (w *world) remove(t *testing.T, a *arena) {
	for _, ns := range append(a.extra, a.namespaces[:]...) {
		if err := w.kube.CoreV1().Namespaces().Delete(context.Background(), ns, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	}
}

// drain removes what is left in the pool.
func (w *world) drain(t *testing.T) {
	for _, a := range w.pool {
		w.remove(t, a)
	}
}
