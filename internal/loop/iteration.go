package loop

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/plan"
)

// iteration is what one look asked for: its targets are those that are claimed
// for it. It is over when none is left. A newer look takes over the targets that
// it says something new of; the others go on.
type iteration struct {
	number int
	cause  []string // paths
	record *recorder
	passed []string // targets that a newer iteration took over
}

// begin makes an iteration of what a look asks for.
func (o *owner) begin(actions []plan.Action) *iteration {
	o.number++
	cause := changed(actions)
	o.expect(cause)
	if len(cause) == 0 {
		cause = slices.Sorted(maps.Keys(o.paths))
	}
	if len(o.paths) == 0 && o.number > 1 {
		o.since = o.files.began // found by a look that nobody's event asked for
	}
	it := &iteration{number: o.number, cause: cause, record: newRecorder(o.opts.Emit, o.number, o.since)}
	o.iterations = append(o.iterations, it)
	o.opts.Emit(event.Changed{Iteration: it.number, Paths: it.cause, First: it.number == 1, Saved: o.since})
	o.timed(it)
	o.known.edited(actions)
	images := map[string]bool{}
	for _, a := range actions {
		switch a.Do {
		case plan.Rebuild:
			images[a.Target] = true
			fallthrough
		case plan.Upgrade, plan.Sync:
			o.promise(it, targetOf(a))
		case plan.Reload: // done by taking the look over
		}
	}
	o.known.state.Settings = o.files.state.Settings
	// What is being rolled out with an image that is made anew does not count.
	for t := range o.tasks {
		if t.kind != release {
			continue
		}
		for _, im := range o.files.project.Releases[t.name].Images {
			if images[im] && o.claims[t] != nil && o.claims[t].it != it {
				o.promise(it, t)
				break
			}
		}
	}
	o.tell(it, actions)
	return it
}

// promise claims a target for an iteration, and takes it from another.
func (o *owner) promise(it *iteration, t target) {
	o.pass(t)
	w, _ := t.of(o.files.state)
	o.claims[t] = &claim{wanted: w, it: it}
	if o.loops.chain[t].times > selfCaused {
		o.claims[t].after = time.Now().Add(time.Second)
	}
}

// tell says what is going to be done, but for releases that have to wait for an
// image that failed before: of these it is told when it is their turn.
func (o *owner) tell(it *iteration, actions []plan.Action) {
	planned := event.Planned{Iteration: it.number}
	for _, a := range actions {
		waits := false
		if a.Do == plan.Upgrade {
			for _, im := range o.files.project.Releases[a.Target].Images {
				waits = waits || o.known.errs[target{image, im}] != nil && o.claims[target{image, im}] == nil
			}
		}
		if !waits {
			planned.Actions = append(planned.Actions, event.Action{Do: string(a.Do), Target: a.Target, Reason: a.Why()})
		}
	}
	o.opts.Emit(planned)
}

// timed tells how long it took from the save to the plan.
func (o *owner) timed(it *iteration) {
	l := o.files
	at := it.record.since
	if o.settled.After(at) && len(o.paths) > 0 {
		it.record.stage(event.Stage{Name: "settle", Took: o.settled.Sub(at)})
		at = o.settled
	}
	it.record.stage(event.Stage{Name: "hash", Took: l.took})
	// What is left is waiting for another look to end, or for a file to be
	// written to its end.
	it.record.stage(event.Stage{Name: "plan", Took: max(0, time.Since(at)-l.took)})
}

// changed lists the inputs that actions are about, each once.
func changed(actions []plan.Action) []string {
	var paths []string
	for _, a := range actions {
		paths = append(paths, a.Paths...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// close ends the iterations that have nothing left to bring about.
func (o *owner) close() {
	open := map[*iteration]bool{}
	for _, c := range o.claims {
		open[c.it] = true
	}
	for _, tk := range o.tasks {
		open[tk.it] = true
	}
	o.iterations = slices.DeleteFunc(o.iterations, func(it *iteration) bool {
		if open[it] {
			return false
		}
		if len(o.paths) == 0 {
			o.since = time.Now()
		}
		done := it.done()
		o.opts.Emit(done)
		if done.Verdict == event.Live && o.links != nil && o.links.Forward != nil {
			o.links.Forward.Check()
		}
		return true
	})
}

// unfinished names the releases being written right now.
func (o *owner) unfinished() string {
	var names []string
	for _, it := range o.iterations {
		names = append(names, it.record.unfinished()...)
	}
	return strings.Join(names, ", ")
}
