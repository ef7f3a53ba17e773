package loop

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/internal/inputs"
	"github.com/devloop-dev/devloop/watch"
)

// owner is the state of the loop and the only goroutine that touches it. Workers
// look at the files and work on targets, at most one on each target; what they
// find comes back as reports.
type owner struct {
	opts     Options
	requests <-chan func(context.Context, *owner)
	changes  <-chan watch.Change
	reports  chan report
	workers  *errgroup.Group

	// What is wanted, promised and done.
	looks      looks             // at the files
	files      look              // as last believed
	known      known             // what came of earlier work
	claims     map[target]*claim // what is to be brought about
	tasks      map[target]*task  // what is being worked on
	iterations []*iteration      // that are not over
	number     int               // of the last iteration
	loops      loops             // that work itself keeps going
	cuts       map[target]int    // how often in a row work on it was ended early
	later      <-chan time.Time  // when to begin what was put off
	paused     bool              // by request
	told       event.Targets     // which targets there are

	// Saves that no iteration is about yet.
	paths    map[string]bool
	expected map[string]bool // changed paths whose event is still to come
	since    time.Time       // of the first of these saves
	settled  time.Time       // when the last of them was over

	config   error     // devloop.yaml as it is cannot be used
	links    *Backends // nil until they were reached
	push     string    // of devloop.yaml when they were
	reaching bool      // a worker is trying to reach them
	blocked  []string  // why docker or the cluster is out of reach
	forwards []forward.Target
	// recalled: it was asked which releases earlier loops installed; recalling: the
	// answer is still to come.
	recalled, recalling bool

	guards   *guards   // of what was applied
	selected *selected // whose logs are followed

	waiters []chan<- Status // asked for the state of the files as they are
	asked   bool            // since the last look was believed
	end     *Status         // the state when nothing was left to do for the first time
}

// report is what a worker brings back. take runs in the owner's goroutine.
type report interface {
	take(ctx context.Context, o *owner) error
}

func (o *owner) run(ctx context.Context) error {
	o.look(ctx, inputs.Change{All: true})
	for {
		var err error
		select {
		case c := <-o.changes:
			o.saved(ctx, c)
		case do := <-o.requests:
			do(ctx, o)
		case <-o.looks.due:
			o.look(ctx, inputs.Change{})
		case <-o.later:
			o.later = nil
			o.advance(ctx, nil)
		case f := <-o.unsynced():
			o.lost(ctx, f)
		case r := <-o.reports:
			err = r.take(ctx, o)
		case <-ctx.Done():
			o.opts.Emit(event.Stopping{Finishing: o.unfinished()})
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		o.rest()
		if o.end != nil && o.opts.Watcher == nil {
			if o.end.Verdict != event.Live {
				return ErrFailed
			}
			return nil
		}
	}
}

// work runs one worker and has the owner take what it reports, unless the loop
// is over by then.
func (o *owner) work(ctx context.Context, do func() report) {
	o.workers.Go(func() error {
		r := do()
		select {
		case o.reports <- r:
		case <-ctx.Done():
		}
		return nil
	})
}

func (o *owner) saved(ctx context.Context, c watch.Change) {
	if len(o.paths) == 0 {
		o.since, o.paths = c.First, map[string]bool{}
	}
	o.settled = c.Settled
	for _, p := range c.Paths {
		o.paths[relative(o.opts.dir(), p)] = true
	}
	o.look(ctx, inputs.Change{Paths: c.Paths, All: c.Rescan})
}

// rest answers those who asked, once nothing is left to do for the files as they
// were then.
func (o *owner) rest() {
	if o.looks.busy() || o.reaching || o.recalling || len(o.tasks) > 0 || len(o.iterations) > 0 && !o.paused {
		return
	}
	if o.end != nil && len(o.waiters) == 0 {
		return
	}
	s := o.status()
	if o.end == nil {
		o.end = &s
	}
	for _, w := range o.waiters {
		w <- s
	}
	o.waiters = nil
}
