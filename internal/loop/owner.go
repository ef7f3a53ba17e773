package loop

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/internal/plan"
	"github.com/devloop-dev/devloop/watch"
)

// owner is the state of the loop and the only goroutine that touches it. At most
// one look at the files and one iteration are under way, each in a worker.
type owner struct {
	opts     Options
	requests <-chan chan Status
	changes  <-chan watch.Change
	looks    chan lookResult
	outcomes chan outcome
	workers  *errgroup.Group

	looker    *looker
	looking   bool
	lookAgain bool // files were saved since the look under way began

	project  string           // name
	paths    map[string]bool  // saved since the last iteration began
	since    time.Time        // of the first of these saves
	expected map[string]bool  // changed paths whose event is still to come
	known    known            // what came of earlier iterations
	tried    *plan.State      // what the last iteration tried to its end; nil after one that was cut
	cuts     int              // iterations in a row that were cut
	pause    <-chan time.Time // when to look again: after too many of these, or for files being written
	put      time.Duration    // how long the next iteration was put off so far
	number   int              // of the last iteration
	job      *job             // nil when nothing is being worked on
	config   error            // devloop.yaml as it is cannot be used
	blocked  []string         // why docker or the cluster is out of reach
	links    *Backends        // nil until they were reached
	forwards []forward.Target // what was set last
	guards   *guards          // of what was applied
	selected *selected        // whose logs are followed
	waiters  []chan Status    // asked for the state of the files as they are
	asked    bool             // since the last look was seen
	verdict  func(Status)     // without a watcher: told the state at the end
}

// job is the iteration under way.
type job struct {
	iteration
	cancel context.CancelFunc
	record *recorder
}

type lookResult struct {
	look
	err error
}

func (o *owner) run(ctx context.Context) error {
	var end *Status
	o.verdict = func(s Status) { end = &s }
	o.look(ctx)
	for {
		select {
		case c := <-o.changes:
			o.saved(c)
			o.look(ctx)
		case w := <-o.requests:
			o.waiters, o.asked = append(o.waiters, w), true
			o.look(ctx)
		case <-o.pause:
			o.pause = nil
			o.look(ctx)
		case l := <-o.looks:
			o.looking = false
			if l.err != nil {
				return l.err
			}
			again := o.lookAgain
			o.seen(ctx, l.look, !again)
			if again {
				o.look(ctx)
			}
		case out := <-o.outcomes:
			o.finished(ctx, out)
		case <-ctx.Done():
			e := event.Stopping{}
			if o.job != nil {
				e.Finishing = o.job.record.unfinished()
			}
			o.opts.Emit(e)
			return ctx.Err()
		}
		if end != nil && o.opts.Watcher == nil {
			if end.Verdict != event.Live {
				return ErrFailed
			}
			return nil
		}
	}
}

func (o *owner) saved(c watch.Change) {
	if len(o.paths) == 0 {
		o.since, o.paths = c.First, map[string]bool{}
	}
	for _, p := range c.Paths {
		o.paths[relative(o.opts.dir(), p)] = true
	}
}

// look reads the files in a worker; when one is reading, once more after it.
func (o *owner) look(ctx context.Context) {
	o.lookAgain = o.looking
	if o.looking {
		return
	}
	o.looking = true
	o.workers.Go(func() error {
		l, err := o.looker.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		o.looks <- lookResult{l, err}
		return nil
	})
}

// seen compares what the files say with what is known, or is being worked on,
// and starts, replaces or leaves the work. latest: no newer look is due.
func (o *owner) seen(ctx context.Context, l look, latest bool) {
	o.configured(l)
	if o.job != nil {
		if l.project != nil && o.cuts < patientAfter && o.job.outdatedBy(l) {
			o.job.cancel() // what is next is found when it has ended
		}
		return
	}
	if o.pause != nil {
		return
	}
	if l.project != nil {
		o.project = l.project.Name
		o.part(l)
		o.forward(l)
		if len(o.blocked) > 0 && (len(o.paths) > 0 || o.asked) {
			o.tried, o.blocked = nil, nil // any save or question is a reason to try to reach them
		}
		o.asked = false
		if actions := o.due(l); len(actions) > 0 {
			if o.put < patience && o.number > 0 && o.fresh(l, actions) {
				o.put += quiet
				o.pause = time.After(quiet)
				return
			}
			o.begin(ctx, l, actions)
			return
		}
		o.unchanged(l)
	}
	o.paths = nil
	if latest {
		o.verdict(o.status(l))
		o.answer(l)
	}
}

// due is what there is to do and was not tried on just these files.
func (o *owner) due(l look) []plan.Action {
	saved := maps.Clone(o.paths)
	maps.DeleteFunc(saved, func(path string, _ bool) bool { return o.expected[path] })
	if o.known.retry(l, saved) {
		o.tried = nil
	}
	if o.tried != nil && len(plan.Make(*o.tried, l.state)) == 0 {
		return nil
	}
	return plan.Make(o.known.state, withReferences(l, o.known.references()))
}

func (o *owner) begin(ctx context.Context, l look, actions []plan.Action) {
	o.number++
	o.put = 0
	cause := changed(actions)
	o.expect(cause)
	if len(cause) == 0 {
		cause = slices.Sorted(maps.Keys(o.paths))
	}
	if len(o.paths) == 0 && o.number > 1 {
		o.since = time.Now() // found by a look that nobody's event asked for
	}
	it := iteration{number: o.number, cause: cause, since: o.since, look: l, actions: actions, backends: o.links}
	o.known.edited(actions)
	it.known = o.known.clone()
	o.opts.Emit(event.Changed{Iteration: it.number, Paths: it.cause, First: it.number == 1})
	o.paths = nil

	work, cancel := context.WithCancel(ctx)
	o.job = &job{it, cancel, newRecorder(o.opts.Emit, it.number, it.since)}
	w := &worker{iteration: it, opts: o.opts, record: o.job.record, selected: o.selected}
	if o.opts.Watcher != nil { // one pass guards nothing: it is over when all is ready
		w.unguard = o.guards.stop
		w.guard = func(res deploy.Result) { o.guards.start(ctx, w.backends.Cluster, res, l.project.Drift) }
	}
	o.workers.Go(func() error {
		defer cancel()
		o.outcomes <- w.run(work)
		return nil
	})
}

// changed lists the inputs an iteration is about, each once.
func changed(actions []plan.Action) []string {
	var paths []string
	for _, a := range actions {
		paths = append(paths, a.Paths...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// patientAfter is how many iterations in a row may be cut by newer saves before
// one is carried through: a file that is written all the time must not keep the
// rest from ever getting done.
const patientAfter = 5

// finished takes over what an iteration brought and looks again: files may have
// been saved, or written by its prebuild commands, while it ran.
func (o *owner) finished(ctx context.Context, out outcome) {
	o.job = nil
	o.known.learn(out)
	o.blocked = nil
	if out.blocked {
		o.blocked = out.failures
	} else {
		o.links = out.backends
		o.forward(out.iteration.look)
	}
	o.opts.Emit(out.done)
	if out.cut {
		o.tried = nil
		o.cuts++
	} else {
		o.tried = out.tried()
		o.cuts = 0
	}
	if len(o.paths) == 0 {
		o.since = time.Now()
	}
	if o.cuts < patientAfter {
		o.look(ctx)
		return
	}
	if o.cuts == patientAfter {
		o.opts.Emit(event.Notice{Text: fmt.Sprintf("%d iterations in a row were ended by newer changes, the last of %s: if a program writes there, leave it out by .dockerignore; the next one is carried through",
			o.cuts, out.done.Cause)})
	}
	o.pause = time.After(time.Second)
}
