package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/inputs"
	"github.com/devloop-dev/devloop/internal/request"
)

// image brings one image to where pods find it: prebuild, digest, build
// unless its tag is there, load unless it is there.
func (w *worker) image(ctx context.Context) imageOutcome {
	out := w.make(ctx)
	out.cut = out.err != nil && cut(ctx, out.err)
	return out
}

func (w *worker) make(ctx context.Context) imageOutcome {
	name := w.name
	out := imageOutcome{task: w.task, inputs: w.look.state.Images[name].Inputs, outputs: w.outputs}
	if err := w.look.errs[target{image, name}]; err != nil {
		out.err = err
		w.record.failed(ctx, w.target, "look", err)
		return out
	}
	im := w.look.project.Images[name]
	var in build.Inputs
	var err error
	stage := "look"
	if len(im.Prebuild) > 0 {
		stage = "prebuild"
		in, err = w.prebuild(ctx, name, im, &out)
	} else {
		in, err = request.Image(name, im).InputsOf(w.look.contexts[name])
	}
	if err != nil {
		out.err = err
		w.record.failed(ctx, w.target, stage, err)
		return out
	}
	spec, _ := w.look.stack.With(w.look.project, name, w.refs) // its turn comes when all are there
	out.bases = spec.Bases
	ref, did, err := w.build(ctx, name, spec, in)
	for again := 0; errors.Is(err, build.ErrInputsChanged) && w.carried && len(im.Prebuild) == 0 && again < rereads; again++ {
		if out.inputs, in, err = w.reread(ctx, name, im); err == nil {
			ref, did, err = w.build(ctx, name, spec, in)
		}
	}
	if errors.Is(err, build.ErrInputsChanged) {
		out.err = errCut // a save in the middle of reading: it brings an iteration of its own
		return out
	}
	if err != nil {
		out.err = err
		w.record.failed(ctx, w.target, "build", err)
		return out
	}
	if err := w.load(ctx, name, ref); err != nil {
		out.err = err
		w.record.failed(ctx, w.target, "load", err)
		return out
	}
	if out.copies, err = w.copyable(ctx, out.inputs, ref); err != nil {
		out.err = err
		w.record.failed(ctx, w.target, "sync", err)
		return out
	}
	out.ref, out.did = ref, did
	return out
}

// rereads bounds how often in a row the files of an image that is carried through
// are read anew, as something writes there while they are packed.
const rereads = 20

// reread takes the files of an image as they are now.
func (w *worker) reread(ctx context.Context, name string, im config.Image) (digest.Tree, build.Inputs, error) {
	seen, err := w.opts.reader().Look(ctx, w.look.project, inputs.Change{All: true})
	if err == nil && seen.Images[name] != nil {
		err = errors.Join(build.ErrInputsChanged, seen.Images[name])
	}
	if err != nil {
		return w.look.state.Images[name].Inputs, build.Inputs{}, err
	}
	in, err := request.Image(name, im).InputsOf(seen.Contexts[name])
	return seen.State.Images[name].Inputs, in, err
}

// What was done to an image, in words.
const (
	built = "built"
	there = "was there already"
)

// build builds an image unless its tag is there. did says which.
func (w *worker) build(ctx context.Context, name string, spec build.Spec, in build.Inputs) (ref, did string, err error) {
	start := time.Now()
	w.record.begins(w.target, "build")
	if w.look.project.Images[name].Custom != nil {
		end := w.runs.begin(target{custom, name})
		defer end(true) // also one that failed may have written
	}
	made, err := w.backends.Builder.Build(ctx, spec, in, func(s build.Step) {
		w.opts.Emit(stepEvent(w.it.number, name, s))
	})
	if err != nil {
		return "", "", err
	}
	stage := event.Stage{Name: "build", Target: name, Detail: made.Ref, Skipped: !made.Built, Took: time.Since(start)}
	if made.Sent.Took > 0 {
		stage.Parts = []event.Part{{Name: "context", Took: made.Sent.Took}}
	}
	w.record.stage(stage)
	if !made.Built {
		return made.Ref, there, nil
	}
	return made.Ref, built, nil
}

func (w *worker) load(ctx context.Context, name, ref string) error {
	start := time.Now()
	w.record.begins(w.target, "load")
	has, err := w.backends.Target.Has(ctx, ref)
	if err != nil {
		return fmt.Errorf("look for %s in %s: %w", ref, w.backends.Target, err)
	}
	if !has {
		if err := w.backends.Target.Load(ctx, ref); err != nil {
			return fmt.Errorf("bring %s to %s: %w", ref, w.backends.Target, err)
		}
	}
	w.record.stage(event.Stage{Name: "load", Target: name, Skipped: has, Took: time.Since(start)})
	return nil
}
