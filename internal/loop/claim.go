package loop

import (
	"maps"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/plan"
)

// claim is a target that is to be brought about as the files said when it was
// claimed.
type claim struct {
	wanted
	it    *iteration // nil: given up until what it lacks is there
	after time.Time  // not to be begun before; zero for at once
	told  bool       // that it is put off
}

// wanted is what the files say of one target.
type wanted struct {
	inputs     digest.Tree
	unreadable string
}

func (w wanted) image() plan.Image { return plan.Image{Inputs: w.inputs, Unreadable: w.unreadable} }

func (w wanted) release(refs map[string]string) plan.Release {
	return plan.Release{Inputs: w.inputs, Unreadable: w.unreadable, Images: refs}
}

// of is what a state says of a target, if it has it.
func (t target) of(s plan.State) (w wanted, there bool) {
	if t.kind == image {
		im, there := s.Images[t.name]
		return wanted{im.Inputs, im.Unreadable}, there
	}
	r, there := s.Releases[t.name]
	return wanted{r.Inputs, r.Unreadable}, there
}

// set has a state say something else of a target.
func (t target) set(s plan.State, w wanted) {
	if t.kind == image {
		im := w.image()
		im.Syncs = s.Images[t.name].Syncs
		if o := s.Images[t.name].Overlay; o != nil && o.Barred == "" {
			im.Overlay = &plan.Overlay{Built: o.Built} // what was unclear, work that is promised clears
		}
		s.Images[t.name] = im
		return
	}
	s.Releases[t.name] = w.release(nil)
}

func targetOf(a plan.Action) target {
	if a.Do == plan.Rebuild || a.Do == plan.Sync {
		return target{image, a.Target}
	}
	return target{release, a.Target}
}

func clone(s plan.State) plan.State {
	s.Images, s.Releases = maps.Clone(s.Images), maps.Clone(s.Releases)
	return s
}

// asksFor is what a look asks for beyond what was done or is promised already.
func (o *owner) asksFor(l look) []plan.Action {
	before, after := clone(o.known.state), clone(l.state)
	for t, c := range o.claims {
		now, there := t.of(l.state)
		if !there {
			continue
		}
		was := c.wanted
		switch {
		case o.asItIs(t):
			was = now
		case t.kind == image && len(l.project.Images[t.name].Prebuild) > 0:
			was, now = o.sources(t, l, was, now)
		case t.kind == release && deploy.DeclaresDependencies(l.project.Releases[t.name].Chart):
			was, now = o.withDependencies(t, l, was, now)
		}
		t.set(before, was)
		t.set(after, now)
	}
	for t := range o.loops.held {
		if now, there := t.of(l.state); there {
			t.set(before, now)
		}
	}
	return plan.Make(before, after)
}

// asItIs: newer saves do not outdate what is promised of a target, since its
// files are taken as they are when its turn comes, or are carried through now
// although they change all the time.
func (o *owner) asItIs(t target) bool {
	c, tk := o.claims[t], o.tasks[t]
	return tk != nil && tk.carried || c != nil && !c.after.IsZero()
}

// sources are what is promised of an image that has a prebuild command, and what
// the files say, without what the command writes while it runs. Until it is known
// what that is, nothing in its folder counts: the command looks there itself when
// it has ended, and from then on its folder counts as it left it.
func (o *owner) sources(t target, l look, was, now wanted) (before, after wanted) {
	if tk := o.tasks[t]; tk != nil && tk.claim == o.claims[t] {
		if tk.syncs {
			return was, now // the command does not run
		}
		if left := tk.left.Load(); left != nil {
			if l.began.Before(left.at) {
				return now, now // the look that follows the end of the work tells
			}
			return wanted{inputs: left.tree}, now
		}
	}
	now.inputs = without(was.inputs, now.inputs, o.known.outputs[t.name])
	return was, now
}

// without is the tree as it is now, with the outputs as they were then; all of it
// as it was then while no output is known.
func without(then, now digest.Tree, outputs map[string]bool) digest.Tree {
	if len(outputs) == 0 {
		return then
	}
	for path := range outputs {
		if sum, ok := then.Get(path); ok {
			now = now.With(path, sum)
		} else {
			now = now.Without(path)
		}
	}
	return now
}

// pass takes what is promised of a target away from its iteration and ends the
// work on it.
func (o *owner) pass(t target) {
	if c := o.claims[t]; c != nil && c.it != nil {
		c.it.passed = append(c.it.passed, t.name)
	}
	delete(o.claims, t)
	if tk := o.tasks[t]; tk != nil {
		tk.cancel()
	}
}
