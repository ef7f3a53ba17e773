package experiment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/internal/machine"
)

// graceAfterFailure is how long the state may still come after the arm's command
// has failed.
const graceAfterFailure = 2 * time.Second

// Why a trial is given up: the arm's command failed before the state was seen, or it
// was not seen in time.
var (
	errArm  = errors.New("the arm failed")
	errLate = errors.New("not seen in time")
)

// step makes an edit and times it. The error is one of the experiment itself;
// what the arm did wrong is in the trial.
func (r *runner) step(ctx context.Context, s *stand, t Trial, step Step, v values, limit time.Duration) (Trial, error) {
	out := newPrinted(s.log)
	if s.stays != nil {
		out = s.stays.out
	}
	eye, err := r.eyes.eye(step.Verified, v, out)
	if err != nil {
		return t, err
	}
	if there, _ := eye.Now(ctx); there { // an error is another state than the one that is waited for
		return t, errors.New("what shows that the edit is verified was there before it; see what base: asks for")
	}
	files, err := s.space.prepare(step.Edit, v)
	if err != nil {
		return t, err
	}
	events := size(s.events)
	t.Load, t.Limit, t.At = machine.Load(), limit.Seconds(), time.Since(r.began).Seconds()

	watched, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	wait, err := eye.Open(watched)
	if err != nil {
		return t, err
	}
	start := time.Now()
	late := time.NewTimer(limit)
	defer late.Stop()
	if err := s.space.save(files, false); err != nil {
		return t, err
	}
	p := s.stays
	if p == nil {
		if p, err = launch(s.space.dir, s.env, v.list(s.Run), out); err != nil {
			return t, err
		}
		defer p.stop()
	}
	var guard sync.WaitGroup
	over := make(chan struct{})
	guard.Go(func() {
		ended, failed := p.ended, (<-chan time.Time)(nil)
		for {
			select {
			case <-ended:
				ended = nil
				if p.err != nil || s.stays != nil {
					failed = time.After(graceAfterFailure)
				}
			case <-failed:
				giveUp(errArm)
				return
			case <-late.C:
				giveUp(errLate)
				return
			case <-over:
				return
			}
		}
	})
	seen, err := wait()
	close(over)
	guard.Wait()
	t.Seconds = seen.Sub(start).Seconds()
	switch {
	case err == nil:
		t.Outcome = Seen
	case ctx.Err() != nil:
		return t, ctx.Err()
	case errors.Is(context.Cause(watched), errArm):
		t.Outcome, t.Error = Failed, fmt.Sprintf("%s: %v: %s", p.cmd.Args[0], p.err, out.tail())
	case errors.Is(context.Cause(watched), errLate):
		t.Outcome, t.Error = Timeout, err.Error()
	default:
		t.Outcome, t.Error = Failed, err.Error()
	}
	if err != nil {
		t.Seconds = time.Since(start).Seconds()
	}
	// The rest is not timed.
	rest, cancelRest := context.WithTimeout(ctx, limit)
	defer cancelRest()
	if s.stays == nil {
		_ = p.wait(rest) // a broken edit has it fail, and the observer has spoken
	} else if err := s.idle(rest); err != nil && ctx.Err() != nil {
		return t, ctx.Err()
	}
	switch {
	case s.Stages == stagesOfEvents:
		t.Stages, err = eventsSince(s.events, events)
	case s.stages != nil:
		text, _ := out.since(0)
		t.Stages, err = stagesIn(text, s.stages), nil
	default:
		err = nil
	}
	return t, err
}
