package loop

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/digest"
)

// task is work on one target under way.
type task struct {
	target
	claim   *claim
	it      *iteration
	carried bool // newer saves do not end it
	syncs   bool // files are copied, nothing is built
	cancel  context.CancelFunc
	left    atomic.Pointer[left] // what an image's prebuild command left, once it has ended
}

// left are the inputs of an image as its prebuild command left them.
type left struct {
	tree digest.Tree
	at   time.Time
}

// worker carries one task out. It ends early when its context does, but for a
// write to the cluster, which is finished.
type worker struct {
	*task
	look     look
	opts     Options
	record   *recorder
	backends Backends
	selected *selected
	runs     *runs
	outputs  map[string]bool   // of an image: what its prebuild command changes, as far as known
	refs     map[string]string // the images in place
	built    digest.Tree       // of an image to sync: what the one in place was made of
	// Of a release: before a write, and after it. What came to no write is guarded
	// again as it was.
	unguard func(release string) (again func())
	guard   func(ctx context.Context, res deploy.Result) error
}

// errCut says that work ended because the files are not what it began with.
var errCut = errors.New("superseded")

// cut says whether an error only means that the work was ended early.
func cut(ctx context.Context, err error) bool {
	ended := ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
	return ended || errors.Is(err, errCut)
}

// ended takes a task out and tells whether its target is still wanted as the
// task worked for. vain: it was cut before it had done anything that lasts.
func (o *owner) ended(tk *task, cut, vain bool) (current bool) {
	delete(o.tasks, tk.target)
	current = o.claims[tk.target] == tk.claim
	if vain {
		o.cuts[tk.target]++
	} else {
		delete(o.cuts, tk.target)
	}
	if current {
		delete(o.claims, tk.target)
		if cut { // nobody asked for that: files changed while they were read
			tk.it.passed = append(tk.it.passed, tk.name)
		}
	}
	return current
}

// leave has the files of a target count, until the next look, as work on it has
// left them. Workers under way keep what they were given.
func (o *owner) leave(t target, w wanted) {
	o.files.state = clone(o.files.state)
	t.set(o.files.state, w)
}

// imageOutcome is what came of work on an image.
type imageOutcome struct {
	*task
	inputs  digest.Tree
	ref     string
	did     string            // what was done, in words
	bases   map[string]string // references of the images it was built on
	copies  bool              // files can be copied onto it
	ran     bool              // its prebuild command
	outputs map[string]bool   // what that changes
	touched map[string]bool   // what that writes, changed or not
	err     error
	cut     bool // neither made nor failed
}

func (out imageOutcome) take(ctx context.Context, o *owner) error {
	current := o.ended(out.task, out.cut, out.cut)
	o.known.image(out)
	if _, named := o.files.state.Images[out.name]; named {
		if out.ran && !out.cut {
			o.leave(out.target, out.made())
		}
		if out.ran || out.carried || current && out.cut {
			o.anew(ctx, out.target)
		}
	} else {
		o.part(ctx)
	}
	o.advance(ctx, out.it)
	return nil
}

// made is what the image was made of.
func (out imageOutcome) made() wanted {
	if out.claim.unreadable != "" {
		return out.claim.wanted
	}
	return wanted{inputs: out.inputs}
}

// releaseOutcome is what came of work on a release.
type releaseOutcome struct {
	*task
	refs      map[string]string // of its images
	namespace string
	action    deploy.Action // empty: it was not applied
	did       string        // what that was, in words
	err       error
	cut       bool // neither ready nor failed
}

func (out releaseOutcome) take(ctx context.Context, o *owner) error {
	current := o.ended(out.task, out.cut, out.cut && out.action == "")
	o.known.release(out)
	_, named := o.files.state.Releases[out.name]
	switch {
	case !named:
		o.part(ctx)
	case o.fetched(out) || out.carried || current && out.cut:
		o.anew(ctx, out.target)
	}
	o.advance(ctx, out.it)
	return nil
}
