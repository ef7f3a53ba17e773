//go:build sandbox

package deploy

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// withinTold is how long after the cluster knows of a failure it must be told, on a
// machine that is busy: it takes some milliseconds. What needs no patience must not
// be told only after it.
const withinTold = 4 * time.Second

// knowing watches, beside the code under test, for when the cluster knows of one
// of these reasons.
type knowing struct {
	reasons []string
	mu      sync.Mutex
	since   time.Time
}

func (s *sandbox) knowing(t *testing.T, reasons ...string) *knowing {
	t.Helper()
	k := &knowing{reasons: reasons}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	for _, begin := range []func(context.Context, metav1.ListOptions) (watch.Interface, error){
		s.kube.CoreV1().Pods(s.namespace).Watch, s.kube.CoreV1().Events(s.namespace).Watch, s.kube.BatchV1().Jobs(s.namespace).Watch,
	} {
		w, err := begin(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer w.Stop()
			for e := range w.ResultChan() {
				k.look(e.Object)
			}
		})
	}
	return k
}

func (k *knowing) look(object any) {
	var now []string
	switch o := object.(type) {
	case *corev1.Event:
		now = append(now, o.Reason)
	case *batchv1.Job:
		for _, c := range o.Status.Conditions {
			if c.Type != batchv1.JobFailureTarget { // its pods are still being ended
				now = append(now, c.Reason)
			}
		}
	case *corev1.Pod:
		for _, c := range o.Status.Conditions {
			now = append(now, c.Reason)
		}
		for _, cs := range o.Status.ContainerStatuses {
			if w := cs.State.Waiting; w != nil {
				now = append(now, w.Reason)
			}
			// The first crash is forgiven.
			if end := cs.State.Terminated; end != nil && (cs.RestartCount > 0 || end.Reason != "Error") {
				now = append(now, end.Reason)
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.since.IsZero() && slices.ContainsFunc(now, func(r string) bool { return slices.Contains(k.reasons, r) }) {
		k.since = time.Now()
	}
}

// told is called when the failure was told; grace is what is waited on purpose.
func (k *knowing) told(t *testing.T, grace time.Duration) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.since.IsZero() {
		return // told before this watch saw it
	}
	lag := time.Since(k.since)
	t.Logf("told %s after the cluster knew", lag.Round(time.Millisecond))
	if lag > withinTold+grace {
		t.Errorf("told %s after the cluster knew, want %s at most", lag, withinTold+grace)
	}
}
