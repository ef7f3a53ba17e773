//go:build sandbox

package deploy

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// probing is the small chart with a readiness probe that fails.
func probing() map[string]string {
	content := small()
	content["templates/deployment.yaml"] = strings.Replace(content["templates/deployment.yaml"], "path: /,", "path: /ill,", 1)
	return content
}

const (
	answer = "Readiness probe failed: HTTP probe failed with statuscode: 503"
	moan   = "ill: no database at db:5432"
)

// A readiness probe may heal, so it is told while the rollout goes on, and fails
// it with the deployment's own deadline.
func TestFailingReadinessProbe(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.release(t, probing()))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	progress := ""
	pass := sync.OnceFunc(func() { s.edit(t, depResource, "web", `{"spec":{"progressDeadlineSeconds":1}}`) })
	err := s.Wait(ctx, res, func(st Status) {
		for _, o := range st.Objects {
			if strings.Contains(o.Message, answer) {
				progress = o.Message
				pass()
			}
		}
	})
	if !strings.HasPrefix(progress, "pod web-") || !strings.Contains(progress, ", container main: "+answer) {
		t.Errorf("progress while the probe failed: %q", progress)
	}
	var re *RolloutError
	if !errors.As(err, &re) || len(re.Failures) != 1 {
		t.Fatalf("err = %v", err)
	}
	f := re.Failures[0]
	if f.Reason != "ProgressDeadlineExceeded" || !strings.Contains(f.Message, answer) || f.Template != "templates/deployment.yaml" ||
		f.Container != "main" || len(f.Logs) == 0 || f.Logs[len(f.Logs)-1] != moan {
		t.Errorf("failure = %+v", f)
	}
}

// The caller's deadline tells what the cluster's own would.
func TestDeadlineTellsWhatHoldsUp(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.release(t, probing()))
	deadline, end := newDeadline(t.Context())
	err := s.Wait(deadline, res, func(st Status) {
		if strings.Contains(st.Objects[0].Message, answer) {
			end()
		}
	})
	var re *RolloutError
	if !errors.As(err, &re) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v", err)
	}
	f := re.Failures[0]
	if !strings.Contains(f.String(), answer) || !strings.HasPrefix(f.Pod, "web-") || f.Template != "templates/deployment.yaml" ||
		len(f.Logs) == 0 || f.Logs[len(f.Logs)-1] != moan {
		t.Errorf("failure = %+v", f)
	}
}

// A program that a liveness probe kills again and again ends in a crash loop: that
// fails the rollout, with the probe's answer beside the exit code.
func TestFailingLivenessProbe(t *testing.T) {
	s := newSandbox(t)
	content := probing()
	content["templates/deployment.yaml"] = strings.Replace(content["templates/deployment.yaml"], "args:",
		"livenessProbe: {httpGet: {path: /ill, port: 8080}, initialDelaySeconds: 2, periodSeconds: 1, failureThreshold: 1}\n        args:", 1)
	f := s.rollout(t, s.release(t, content))
	if f.Reason != "CrashLoopBackOff" || !strings.Contains(f.Message, "exit code") ||
		!strings.Contains(f.Message, "Liveness probe failed: HTTP probe failed with statuscode: 503") || f.Container != "main" {
		t.Errorf("failure = %+v", f)
	}
	if len(f.Logs) == 0 || !strings.Contains(strings.Join(f.Logs, "\n"), moan) {
		t.Errorf("logs = %q", f.Logs)
	}
}

// deadlined is a context whose deadline comes when the test says so.
type deadlined struct {
	context.Context
	done chan struct{}
}

func newDeadline(parent context.Context) (context.Context, func()) {
	d := &deadlined{parent, make(chan struct{})}
	return d, func() {
		select {
		case <-d.done:
		default:
			close(d.done)
		}
	}
}

func (d *deadlined) Done() <-chan struct{} { return d.done }

func (d *deadlined) Err() error {
	select {
	case <-d.done:
		return context.DeadlineExceeded
	default:
		return d.Context.Err()
	}
}
