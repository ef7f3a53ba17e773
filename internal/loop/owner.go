package loop

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/event"
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

	project  string          // name
	paths    []string        // saved since the last iteration began
	since    time.Time       // of the first of these saves
	expected map[string]bool // changed paths whose event is still to come
	known    known           // what came of earlier iterations
	tried    *plan.State     // what the last iteration tried to its end; nil after one that was cut short
	number   int
	job      *job          // nil when nothing is being worked on
	config   error         // devloop.yaml as it is cannot be used
	blocked  []string      // why docker or the cluster is out of reach
	links    *Backends     // nil until they were reached
	waiters  []chan Status // asked for the state of the files as they are
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
	o.look(ctx)
	for {
		select {
		case c := <-o.changes:
			o.saved(c)
			o.look(ctx)
		case w := <-o.requests:
			o.waiters = append(o.waiters, w)
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
		if o.opts.Watcher == nil && !o.looking && o.job == nil {
			if o.status().Verdict != event.Live {
				return ErrFailed
			}
			return nil
		}
	}
}

func (o *owner) saved(c watch.Change) {
	if len(o.paths) == 0 {
		o.since = c.First
	}
	for _, p := range c.Paths {
		o.paths = append(o.paths, relative(o.opts.dir(), p))
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
	switch {
	case l.project == nil:
		o.paths = nil
	case o.job != nil:
		if o.job.outdatedBy(l) {
			o.job.cancel() // what is next is found when it has ended
		}
		return
	default:
		o.project = l.project.Name
		for _, name := range o.known.forget(l) {
			o.opts.Emit(event.Notice{Text: "release " + name + " is no longer in devloop.yaml; it stays in the cluster until you run: helm uninstall " + name})
		}
		actions := plan.Make(o.known.state, withReferences(l, o.known.refs))
		if o.worthwhile(l, actions) {
			o.begin(ctx, l, actions)
			return
		}
		o.unchanged(l)
	}
	if latest {
		o.answer()
	}
}

// worthwhile: there is something to do that was not tried on just these files.
// While docker or the cluster is out of reach, any save is a reason to try.
func (o *owner) worthwhile(l look, actions []plan.Action) bool {
	if len(o.blocked) > 0 && len(o.paths) > 0 {
		return true
	}
	again := o.tried != nil && len(plan.Make(*o.tried, l.state)) == 0
	return len(actions) > 0 && !again
}

// unchanged tells of saves that changed no digest: of files that are inputs, not
// of an editor's passing ones, nor of what prebuild commands wrote, nor of those
// whose content an earlier look has seen before their event came.
func (o *owner) unchanged(l look) {
	inputs := l.paths()
	var paths []string
	for _, path := range o.paths {
		if inputs[path] && !o.known.written(path) && !o.expected[path] {
			paths = append(paths, path)
		}
		delete(o.expected, path)
	}
	if len(paths) > 0 && l.configErr == nil {
		o.opts.Emit(event.Unchanged{Paths: paths})
	}
	o.paths = nil
}

// expect notes the paths an iteration is about whose events have not come yet.
func (o *owner) expect(cause []string) {
	o.expected = map[string]bool{}
	for _, path := range cause {
		if !slices.Contains(o.paths, path) {
			o.expected[path] = true
		}
	}
}

// configured tells a new error of devloop.yaml, once.
func (o *owner) configured(l look) {
	if l.configErr != nil && (o.config == nil || o.config.Error() != l.configErr.Error()) {
		o.opts.Emit(event.Failed{Iteration: o.number, Stage: "config", Error: describe(l.configErr), Hint: configHint(l)})
	}
	if l.configErr == nil && o.config != nil {
		o.opts.Emit(event.Notice{Text: "devloop.yaml is good again"})
	}
	o.config = l.configErr
}

func (o *owner) begin(ctx context.Context, l look, actions []plan.Action) {
	o.number++
	cause := changed(actions)
	o.expect(cause)
	if len(cause) == 0 {
		cause = o.paths
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
	w := &worker{iteration: it, opts: o.opts, record: o.job.record}
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

// finished takes over what an iteration brought and looks again: files may have
// been saved, or written by its prebuild commands, while it ran.
func (o *owner) finished(ctx context.Context, out outcome) {
	o.job = nil
	o.known.learn(out)
	o.links = out.backends
	o.blocked = nil
	if out.blocked {
		o.blocked = out.failures
	}
	o.tried = nil
	if out.done.Verdict != event.Superseded {
		o.tried = out.tried()
	}
	o.opts.Emit(out.done)
	if len(o.paths) == 0 {
		o.since = time.Now()
	}
	if o.opts.Watcher == nil {
		o.answer()
		return
	}
	o.look(ctx)
}
