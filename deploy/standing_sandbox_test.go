//go:build sandbox

package deploy

import (
	"testing"
	"time"
)

func TestStandingIsWhatTheClusterSays(t *testing.T) {
	s := newSandbox(t)
	got, err := s.Standing(t.Context(), "web", s.namespace)
	if err != nil || got.Revision != 0 {
		t.Fatalf("before the install: %+v, %v", got, err)
	}
	rel := s.release(t, small())
	before := time.Now().Add(-time.Second)
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Fatal(err)
	}
	got, err = s.Standing(t.Context(), "web", s.namespace)
	if err != nil || got.Revision != 1 || got.State != "deployed" || got.Ready != got.Total || got.Total == 0 || len(got.Failures) > 0 || got.Updated.Before(before) {
		t.Fatalf("installed: %+v, %v", got, err)
	}
	rel.Set = map[string]any{"mode": "crash"}
	s.rollout(t, rel)
	got, err = s.Standing(t.Context(), "web", s.namespace)
	if err != nil || got.Revision != 2 || got.Ready == got.Total || len(got.Failures) != 1 || len(got.Failures[0].Logs) == 0 {
		t.Fatalf("after a crash: %+v, %v", got, err)
	}
}
