//go:build sandbox

package deploy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestGuardDoesNotFight(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.idle(t))
	g := s.guard(t, res, DriftCorrect)
	for i := range fightRounds {
		s.edit(t, cmResource, "config", fmt.Sprintf(`{"data":{"who":"hand %d"}}`, i))
		if d := g.next(t); !d.Corrected || d.GaveUp {
			t.Fatalf("round %d: told %s", i, d)
		}
	}
	s.edit(t, cmResource, "config", `{"data":{"who":"stubborn"},"metadata":{"labels":{"app.kubernetes.io/managed-by":"me"}}}`)
	d := g.next(t)
	if !d.GaveUp || d.Corrected || !slices.Equal(d.Fields, []string{"data.who world -> stubborn"}) || !strings.HasPrefix(d.Manager, "somebody (Update, ") {
		t.Errorf("told %s", d)
	}
	if d := g.next(t); !d.Corrected || len(d.Fields) != 1 || !strings.HasPrefix(d.Fields[0], "metadata.labels") {
		t.Errorf("the other field: told %s", d)
	}
	s.edit(t, cmResource, "config", `{"data":{"who":"at last"}}`)
	g.quiet(t, "a field that was given up")
	if got := s.who(t); got != "at last" {
		t.Errorf("who is %q", got)
	}
	// Another guard begins anew.
	g.end()
	again := s.guard(t, res, DriftCorrect)
	if d := again.next(t); !d.Corrected {
		t.Errorf("another guard told %s", d)
	}
	for range fightRounds {
		s.remove(t, svcResource, "web")
		if d := again.next(t); !d.Gone || !d.Corrected {
			t.Fatalf("told %s", d)
		}
	}
	s.remove(t, svcResource, "web")
	if d := again.next(t); !d.Gone || !d.GaveUp || d.Corrected {
		t.Errorf("told %s", d)
	}
}

// A guard that outlives its revision ends and writes nothing.
func TestGuardAndApplyAtOnce(t *testing.T) {
	s := newSandbox(t)
	rel := s.idle(t)
	g := s.guard(t, s.apply(t, rel), DriftCorrect)
	g.settled(t, s)
	for i := range 5 {
		rel.Set = map[string]any{"replicas": 0, "who": fmt.Sprint("edit ", i)}
		s.apply(t, rel)
		if got := s.who(t); got != fmt.Sprint("edit ", i) {
			t.Fatalf("after apply %d who is %q", i, got)
		}
	}
	select {
	case err := <-g.err:
		if !errors.Is(err, ErrSuperseded) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(withinDrift):
		t.Error("still guards an old revision")
	}
	if len(g.told) > 0 {
		t.Errorf("told %s", <-g.told)
	}
	if got := s.who(t); got != "edit 4" {
		t.Errorf("who is %q", got)
	}
	last := s.guard(t, s.apply(t, rel), DriftCorrect)
	last.settled(t, s)
	last.end()
	if err := <-last.err; err != nil {
		t.Errorf("ended by its context: %v", err)
	}
}

func TestGuardOfADyingNamespace(t *testing.T) {
	s := newSandbox(t)
	rel := s.idle(t)
	rel.Namespace, rel.CreateNamespace = s.namespace+"-own", true
	res := s.apply(t, rel)
	g := s.guard(t, res, DriftCorrect)
	if err := s.kube.CoreV1().Namespaces().Delete(t.Context(), rel.Namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var told []Drift
	for {
		select {
		case d := <-g.told:
			told = append(told, d)
			continue
		case err := <-g.err:
			if !errors.Is(err, ErrSuperseded) {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("still guards what is gone")
		}
		break
	}
	if len(told) != 1 || !errors.Is(told[0].Err, ErrTerminating) || told[0].Object.Name != rel.Namespace {
		t.Errorf("told %v", told)
	}
}
