package watch

import (
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
)

// runner is the state of one Run, owned by its goroutine.
type runner struct {
	*Watcher
	settle  settle
	timer   *time.Timer // fires when the burst may be over
	poll    *time.Timer
	change  Change
	rebuild bool // events were lost: look at every root again
}

// pollShare bounds polling to a twentieth of a core.
const pollShare = 20

func (r *runner) run(ctx context.Context, out chan<- Change) error {
	var events <-chan fsnotify.Event
	if r.notify != nil {
		events = r.notify.Events
	}
	for {
		var send chan<- Change
		if r.ready {
			send = out
		}
		select {
		case <-ctx.Done():
			return nil
		case ev, ok := <-events:
			if !ok {
				return ErrClosed
			}
			r.do(func(t *tree) { t.handle(ev) })
		case <-r.lost:
			// New folders may be among what was lost. They are looked for
			// once, when the burst is over.
			r.rebuild = true
			r.do(func(t *tree) { t.pending.lost() })
		case <-r.timer.C:
			r.expire()
		case send <- r.change:
			r.delivered()
		case <-r.wake:
			r.do(func(*tree) {}) // a Set may have polled something
			r.poll.Reset(r.opts.Poll)
		case <-r.poll.C:
			r.look()
		}
	}
}

// do runs f on the tree and notes whether it found something.
func (r *runner) do(f func(*tree)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.tree)
	if !r.pending.touched {
		return
	}
	r.pending.touched, r.ready = false, false
	now := time.Now()
	started := !r.settle.anchor.IsZero()
	r.settle.event(now)
	if !started {
		r.timer.Reset(r.settle.due(len(r.pending.paths)).Sub(now))
	}
}

// expire ends the burst, or sets the timer again when more has come or git is
// still at work.
func (r *runner) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.settle.anchor.IsZero() {
		return
	}
	if due := r.settle.due(len(r.pending.paths)); due.After(now) {
		r.timer.Reset(due.Sub(now))
		return
	}
	if now.Sub(r.settle.start) < gitCap && r.tree.git.locked(&r.pending, now) {
		r.settle.hold(now)
		r.timer.Reset(r.opts.Quiet)
		return
	}
	if r.rebuild {
		r.rebuild = false
		r.tree.rebuild()
		r.pending.touched = false
	}
	r.settle.end(now)
	r.change, r.ready = r.pending.change(r.settle.first, now), true
}

func (r *runner) delivered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle.delivered()
	r.change, r.ready = Change{}, false
	if r.pending.touched {
		return // a Set has found more; telling the rest again does no harm
	}
	r.pending = pending{}
}

// look polls what could not be watched.
func (r *runner) look() {
	start := time.Now()
	polls := false
	r.do(func(t *tree) {
		polls = len(t.polled) > 0
		t.poll()
	})
	if polls {
		r.poll.Reset(max(r.opts.Poll, pollShare*time.Since(start)))
	}
}
