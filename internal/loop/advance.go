package loop

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/plan"
)

// advance begins all work that is due and lacks nothing: images when those they are
// built on are in place, releases when their images and the releases they need are. What becomes due
// only now, such as an upgrade to a new reference, belongs to the given iteration
// (nil: to none). Iterations with nothing left are closed.
func (o *owner) advance(ctx context.Context, it *iteration) {
	if o.files.project == nil || o.paused || len(o.blocked) > 0 {
		o.close()
		return
	}
	due := map[target]plan.Action{}
	for _, a := range plan.Make(o.known.state, withReferences(o.files, o.known.references())) {
		_, held := o.loops.held[targetOf(a)]
		if a.Do != plan.Reload && !held {
			due[targetOf(a)] = a
		}
	}
	for t := range o.claims {
		if _, is := due[t]; !is && o.tasks[t] == nil {
			delete(o.claims, t) // undone before its turn came
		}
	}
	stuck := map[target]bool{}
	for _, t := range o.order() {
		a, is := due[t]
		if !is || o.tasks[t] != nil || o.looks.doubt[t] {
			continue
		}
		c := o.claims[t]
		busy, lacks := o.lacks(t, due, stuck)
		stuck[t] = lacks != ""
		switch {
		case lacks != "":
			o.giveUp(it, t, lacks)
			continue
		case c != nil && c.it != nil:
		case it == nil:
			stuck[t] = true
			continue
		default:
			o.opts.Emit(event.Planned{Iteration: it.number, Actions: []event.Action{{Do: string(a.Do), Target: a.Target, Reason: a.Why()}}})
			o.promise(it, t)
		}
		if !busy {
			o.start(ctx, t, o.claims[t], a.Do)
		}
	}
	o.close()
}

// order lists all targets so that each comes after those it uses.
func (o *owner) order() []target {
	var all []target
	for _, name := range o.files.stack.Order() {
		all = append(all, target{image, name})
	}
	for _, name := range o.files.project.ReleaseNames() {
		all = append(all, target{release, name})
	}
	return all
}

// lacks names what a target cannot do without and does not have, or tells
// whether something it uses is still being worked on.
func (o *owner) lacks(t target, due map[target]plan.Action, stuck map[target]bool) (busy bool, lacks string) {
	if due[t].Do == plan.Sync {
		return false, "" // the image is there
	}
	images, needs := o.files.stack.Bases(t.name), []string(nil)
	if t.kind == release {
		r := o.files.project.Releases[t.name]
		images, needs = slices.Collect(maps.Values(r.Images)), r.Needs
	}
	var missing []string
	for _, im := range images {
		t := target{image, im}
		_, is := due[t]
		switch {
		case stuck[t]:
			missing = append(missing, "image "+im)
		case o.claims[t] != nil || o.tasks[t] != nil || is:
			busy = true
		case o.known.errs[t] != nil || o.known.refs[im] == "":
			missing = append(missing, "image "+im)
		}
	}
	for _, need := range needs {
		t := target{release, need}
		_, is := due[t]
		switch {
		case o.tasks[t] != nil || is && !stuck[t]:
			busy = true
		case stuck[t] || o.known.errs[t] != nil:
			missing = append(missing, "release "+need)
		}
	}
	if busy {
		return true, ""
	}
	slices.Sort(missing)
	return false, strings.Join(slices.Compact(missing), ", ")
}

// giveUp leaves a target as it is until what it lacks is there, and tells so
// once.
func (o *owner) giveUp(it *iteration, t target, lacks string) {
	c := o.claims[t]
	if c == nil {
		w, _ := t.of(o.files.state)
		c = &claim{wanted: w, it: it}
		o.claims[t] = c
	}
	if c.it != nil {
		c.it.record.waits(t, lacks)
		c.it = nil
	}
}

// patientAfter is how often in a row work on a target may be ended by newer saves
// before it is carried through: a file that is written all the time must not keep
// the rest from ever getting done.
const patientAfter = 5

// start begins work on a target, once docker and the cluster are reached.
func (o *owner) start(ctx context.Context, t target, c *claim, do plan.Do) {
	if o.tasks[t] != nil || o.putOff(t, c) || !o.reach(ctx) {
		return
	}
	c.wanted, _ = t.of(o.files.state) // the newest; what is claimed is no older than it
	tk := &task{target: t, claim: c, it: c.it, carried: o.cuts[t] >= patientAfter, syncs: do == plan.Sync}
	var work context.Context
	work, tk.cancel = context.WithCancel(ctx)
	o.tasks[t] = tk
	w := &worker{task: tk, look: o.files, opts: o.opts, record: c.it.record, backends: *o.links, selected: o.selected, runs: o.loops.runs}
	w.refs = o.known.references()
	if tk.syncs {
		w.built = o.known.state.Images[t.name].Overlay.Built
		o.work(ctx, func() report {
			defer tk.cancel()
			return w.sync(work)
		})
		return
	}
	if t.kind == image {
		w.outputs = o.known.outputs[t.name]
		o.work(ctx, func() report {
			defer tk.cancel()
			return w.image(work)
		})
		return
	}
	cluster, drift := o.links.Cluster, o.files.project.Drift
	w.unguard = func(release string) (again func()) {
		was := o.guards.stop(release)
		return func() { o.guards.again(ctx, was) }
	}
	w.guard = func(_ context.Context, res deploy.Result) error {
		o.guards.start(ctx, cluster, res)
		return nil
	}
	if o.opts.Watcher == nil { // one pass is over when all is ready
		w.guard = func(work context.Context, res deploy.Result) error {
			return lookOnce(work, cluster, res, drift, o.opts.Emit)
		}
	}
	o.work(ctx, func() report {
		defer tk.cancel()
		return w.release(work)
	})
}

// putOff gives whoever writes all the time a moment, when work on a target was
// ended early again and again.
func (o *owner) putOff(t target, c *claim) bool {
	now := time.Now()
	if o.cuts[t] >= patientAfter && c.after.IsZero() {
		c.after = now.Add(time.Second)
	}
	if !c.after.After(now) {
		return false
	}
	if o.cuts[t] >= patientAfter && !c.told {
		c.told = true
		o.opts.Emit(event.Notice{Text: fmt.Sprintf("work on %s %s was ended %d times in a row by newer changes, the last of %s: if a program writes there, leave it out by .dockerignore; the next one is carried through",
			t.kind, t.name, o.cuts[t], cause(c.it.cause, c.it.number))})
	}
	o.later = time.After(c.after.Sub(now))
	return true
}

// withReferences is what the files say, completed by the references of the
// images as they are now.
func withReferences(l look, refs map[string]string) plan.State {
	s := clone(l.state)
	for name, im := range s.Images {
		im.Images = nil
		for _, base := range l.stack.Bases(name) {
			if im.Images == nil {
				im.Images = map[string]string{}
			}
			im.Images[base] = refs[base]
		}
		s.Images[name] = im
	}
	for name, r := range s.Releases {
		r.Images = map[string]string{}
		for _, im := range l.project.Releases[name].Images {
			r.Images[im] = refs[im]
		}
		s.Releases[name] = r
	}
	return s
}
