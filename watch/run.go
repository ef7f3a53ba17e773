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
	checks  *time.Timer
	polling bool // poll will fire
	change  Change
	rebuild bool // events were lost: look at every root again
}

const (
	pollShare  = 20   // polling takes at most a twentieth of a core,
	checkShare = 2000 // and a check of the ways that no watch covers next to nothing;
	checkMost  = 30   // times Poll is the longest from one to the next, whatever held one up
	// pollSlice is how long one look of a Watcher lets everything else wait.
	pollSlice = 20 * time.Millisecond
	// gitLook is how often git is looked at while it holds its lock.
	gitLook = 5 * time.Millisecond
)

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
			r.do(func(*tree) {}) // a Set may have made something to poll
		case <-r.poll.C:
			r.look()
		case <-r.checks.C:
			start := time.Now()
			r.do((*tree).check)
			r.checks.Reset(nextCheck(time.Since(start), r.opts.Poll))
		}
	}
}

// nextCheck is how long after a check the next one comes.
func nextCheck(took, poll time.Duration) time.Duration {
	return min(max(2*poll, checkShare*took), checkMost*poll)
}

// do runs f on the tree and notes whether it found something.
func (r *runner) do(f func(*tree)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.tree)
	if !r.polling && len(r.tree.polled) > 0 {
		r.polling = true
		r.poll.Reset(r.opts.Poll)
	}
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
	if r.tree.git.locked(&r.pending, now.Sub(r.settle.start) > gitCap) {
		r.settle.hold(now)
		r.timer.Reset(min(gitLook, r.opts.Quiet))
		return
	}
	r.settle.steps = r.settle.held && r.tree.git.inSteps(&r.pending)
	if due := r.settle.due(len(r.pending.paths)); due.After(now) {
		wait := due.Sub(now)
		if r.settle.steps {
			wait = min(wait, gitLook)
		}
		r.timer.Reset(wait)
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
	r.pending = pending{}
}

// look polls what could not be watched.
func (r *runner) look() {
	start := time.Now()
	finished := true
	r.do(func(t *tree) {
		finished = t.poll(r.slice)
		r.polling = len(t.polled) > 0
	})
	wait := pollShare * time.Since(start)
	if finished {
		wait = max(wait, r.opts.Poll)
	}
	if r.polling {
		r.poll.Reset(wait)
	}
}
