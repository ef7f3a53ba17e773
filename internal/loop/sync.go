package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/build/filesync"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/inputs"
	"github.com/devloop-dev/devloop/internal/plan"
	"github.com/devloop-dev/devloop/internal/request"
)

// syncOutcome is what came of copying files into the containers of an image.
type syncOutcome struct {
	*task
	inputs digest.Tree // that the containers hold
	did    string      // in words
	err    error
	cut    bool // nobody knows what they hold, since newer files came
}

// sync copies what differs from the image in place into its containers.
func (w *worker) sync(ctx context.Context) syncOutcome {
	out := syncOutcome{task: w.task, inputs: w.claim.inputs}
	w.record.begins(w.target, "sync")
	start := time.Now()
	res, err := w.backends.Sync.Sync(ctx, w.overlay(w.built, out.inputs, w.refs[w.name]))
	for again := 0; errors.Is(err, filesync.ErrChanged) && w.carried && again < rereads; again++ {
		if out.inputs, err = w.opts.reader().Image(ctx, w.look.project, w.name); err == nil {
			res, err = w.backends.Sync.Sync(ctx, w.overlay(w.built, out.inputs, w.refs[w.name]))
		}
	}
	out.err, out.did = err, "synced "+count(res.Files, "file")
	out.cut = err != nil && (cut(ctx, err) || errors.Is(err, filesync.ErrChanged))
	if err == nil {
		w.record.synced(event.Stage{Name: "sync", Target: w.name, Took: time.Since(start),
			Detail: fmt.Sprintf("%s to %s", count(res.Files, "file"), count(res.Containers, "container"))})
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// overlay is what containers of an image made of built are to hold so that they
// are as the inputs say.
func (w *worker) overlay(built, now digest.Tree, ref string) filesync.Overlay {
	sync, _ := request.SyncOf(w.look.project, w.name)
	o := filesync.Overlay{Image: w.name, Ref: ref, Context: w.look.project.Images[w.name].Context, Rules: sync.Rules}
	had := map[string]bool{}
	add := func(input string) {
		key, ok := sync.Key(input)
		if !ok || had[key] {
			return
		}
		had[key] = true
		sum, _ := now.Get(input)
		original, _ := built.Get(input)
		o.Files = append(o.Files, filesync.Entry{Path: key, Sum: sum, Original: sum == original})
	}
	for _, input := range built.Diff(now) {
		add(input)
	}
	for _, key := range w.backends.Sync.Touched(w.name, ref) {
		add(sync.Input(key))
	}
	return o
}

// copyable has the containers of an image that has just been made be as it is,
// and tells whether files can be copied into them from then on.
func (w *worker) copyable(ctx context.Context, made digest.Tree, ref string) (bool, error) {
	if _, ok := request.SyncOf(w.look.project, w.name); !ok || w.backends.Sync == nil {
		return false, nil
	}
	_, err := w.backends.Sync.Sync(ctx, w.overlay(made, made, ref))
	if errors.Is(err, filesync.ErrChanged) {
		err = errCut
	}
	return true, err
}

// selectPods says whose containers a release runs, if files are copied into any.
func (w *worker) selectPods(ctx context.Context, r config.Release, res deploy.Result) error {
	if w.backends.Sync == nil {
		return nil
	}
	for _, im := range r.Images {
		if _, ok := request.SyncOf(w.look.project, im); !ok {
			continue
		}
		var pods []filesync.Selector
		for _, wl := range w.backends.Cluster.Workloads(res.Rendered) {
			pods = append(pods, filesync.Selector{Namespace: wl.Object.Namespace, Labels: wl.Selector})
		}
		return w.backends.Sync.Select(ctx, w.name, pods)
	}
	return nil
}

// unselect has nothing more be copied into the pods of a release that is gone.
func (o *owner) unselect(ctx context.Context, release string) {
	if sync := o.links.Sync; sync != nil {
		o.workers.Go(func() error {
			_ = sync.Select(ctx, release, nil) // which fails with the loop's end alone
			return nil
		})
	}
}

func (out syncOutcome) take(ctx context.Context, o *owner) error {
	current := o.ended(out.task, out.cut, out.cut)
	o.known.copied(out)
	if _, named := o.files.state.Images[out.name]; !named {
		o.part(ctx)
	} else if out.carried || current && out.cut {
		o.anew(ctx, out.target)
	}
	o.advance(ctx, out.it)
	return nil
}

// copied takes over what came of copying files into containers.
func (k known) copied(out syncOutcome) {
	im := k.state.Images[out.name]
	if im.Overlay == nil {
		return
	}
	next := plan.Overlay{Built: im.Overlay.Built}
	switch {
	case out.cut:
		next.Again = true
	case out.err != nil:
		next.Barred = explain(out.err)
	default:
		im.Inputs = out.inputs
		k.did(out.target, out.did, true)
	}
	im.Overlay = &next
	k.state.Images[out.name] = im
}

// synced counts the files in the containers of each image that differ from it.
func (k known) synced() map[string]int {
	counts := map[string]int{}
	for name, im := range k.state.Images {
		if im.Overlay == nil {
			continue
		}
		if n := len(im.Overlay.Built.Diff(im.Inputs)); n > 0 {
			counts[name] = n
		}
	}
	return counts
}

// unsynced tells of containers that could not be given their files; nil while
// there is nobody to give them any.
func (o *owner) unsynced() <-chan filesync.Failure {
	if o.links == nil || o.links.Sync == nil {
		return nil
	}
	return o.links.Sync.Failures()
}

// lost has an image be built, since a container that has started does not run
// what the files say.
func (o *owner) lost(ctx context.Context, f filesync.Failure) {
	t := target{image, f.Image}
	im := o.known.state.Images[f.Image]
	if o.known.refs[f.Image] != f.Ref || im.Overlay == nil || o.tasks[t] != nil {
		return // newer work says what its containers are to hold
	}
	im.Overlay = &plan.Overlay{Built: im.Overlay.Built, Barred: explain(f.Err)}
	o.known.state.Images[f.Image] = im
	o.look(ctx, inputs.Change{})
}
