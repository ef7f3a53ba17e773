package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/request"
)

// makeImage brings one image to where pods find it: prebuild, digest, build
// unless its tag is there, load unless it is there.
func (w *worker) makeImage(ctx context.Context, name string) imageOutcome {
	out := imageOutcome{inputs: w.look.state.Images[name].Inputs, outputs: w.known.outputs[name]}
	if err := w.look.errs[target{image, name}]; err != nil {
		out.err = err
		w.record.failed(ctx, name, "look", err)
		return out
	}
	im := w.look.project.Images[name]
	inputs := w.look.inputs[name]
	if len(im.Prebuild) > 0 {
		var err error
		if inputs, err = w.prebuild(ctx, name, im, &out); err != nil {
			out.err = err
			w.record.failed(ctx, name, "prebuild", err)
			return out
		}
	}
	ref, err := w.build(ctx, name, im, inputs)
	if errors.Is(err, build.ErrInputsChanged) {
		out.err = errCut // a save in the middle of reading: it brings an iteration of its own
		return out
	}
	if err != nil {
		out.err = err
		w.record.failed(ctx, name, "build", err)
		return out
	}
	if err := w.load(ctx, name, ref); err != nil {
		out.err = err
		w.record.failed(ctx, name, "load", err)
		return out
	}
	out.ref = ref
	return out
}

func (w *worker) build(ctx context.Context, name string, im config.Image, inputs build.Inputs) (string, error) {
	start := time.Now()
	built, err := w.backends.Builder.Build(ctx, request.Image(name, im), inputs, func(s build.Step) {
		w.opts.Emit(event.Output{Iteration: w.number, Target: name, Text: s.Text})
	})
	if err != nil {
		return "", err
	}
	w.record.stage(event.Stage{Name: "build", Target: name, Detail: built.Ref, Skipped: !built.Built, Took: time.Since(start)})
	return built.Ref, nil
}

func (w *worker) load(ctx context.Context, name, ref string) error {
	start := time.Now()
	there, err := w.backends.Target.Has(ctx, ref)
	if err != nil {
		return fmt.Errorf("look for %s in %s: %w", ref, w.backends.Target, err)
	}
	if !there {
		if err := w.backends.Target.Load(ctx, ref); err != nil {
			return fmt.Errorf("bring %s to %s: %w", ref, w.backends.Target, err)
		}
	}
	w.record.stage(event.Stage{Name: "load", Target: name, Skipped: there, Took: time.Since(start)})
	return nil
}
