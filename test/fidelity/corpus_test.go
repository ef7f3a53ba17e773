//go:build sandbox

package fidelity

import (
	"context"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestFidelity takes every chart of the corpus, ours and those of Helm's own
// tests, through its series of edits.
func TestFidelity(t *testing.T) {
	w := newWorld(t)
	t.Cleanup(func() { w.drain(t) })
	t.Run("corpus", func(t *testing.T) {
		for _, c := range corpus(t) {
			if !c.Quick && !full() {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				newSeries(t, w, c).run(t)
			})
		}
	})
	t.Run("helm", func(t *testing.T) {
		w.forgetCRDs(t)
		for _, c := range helmsCharts(t) {
			if !c.Quick && !full() {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				newSeries(t, w, c).run(t)
			})
		}
	})
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// clear makes an arena fit to be used again: a release that kept its history is
// forgotten. It is not, where objects are left.
func (s *series) clear(ctx context.Context, t *testing.T, left int) {
	for _, one := range s.sides {
		only := metav1.ListOptions{LabelSelector: "owner=helm"}
		if err := s.w.kube.CoreV1().Secrets(one.namespaces[0]).DeleteCollection(ctx, metav1.DeleteOptions{}, only); err != nil {
			t.Error(err)
		}
	}
	if left > 0 {
		s.arena.tainted = true
	}
}
