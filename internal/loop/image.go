package loop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
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
	built, err := w.backends.Builder.Build(ctx, spec(name, im), inputs, func(s build.Step) {
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
	w.record.stage(event.Stage{Name: "load", Target: name, Detail: w.backends.Target.String(), Skipped: there, Took: time.Since(start)})
	return nil
}

// prebuildRuns bounds how often a prebuild command runs until it leaves its
// folder as it found it.
const prebuildRuns = 3

// prebuild runs the command and returns the digest of the build context it
// leaves. Which files are the command's own is learned: a file that changed
// during a run was written by the command, or by the user meanwhile. To be safe
// the command then runs once more, on what is there now. Files known to be the
// command's cost no second run.
func (w *worker) prebuild(ctx context.Context, name string, im config.Image, out *imageOutcome) (build.Inputs, error) {
	outputs := maps.Clone(out.outputs)
	if outputs == nil {
		outputs = map[string]bool{}
	}
	start := time.Now()
	look := &looker{file: w.look.project.File, hasher: w.opts.Hasher, project: w.look.project}
	before, _, err := look.image(ctx, name)
	if err != nil {
		return build.Inputs{}, err
	}
	command := build.Prebuild{Dir: im.Context, Command: im.Prebuild}
	for range prebuildRuns {
		err := command.Run(ctx, func(line string) {
			w.opts.Emit(event.Output{Iteration: w.number, Target: name, Text: line})
		})
		if err != nil {
			return build.Inputs{}, err
		}
		after, _, err := look.image(ctx, name)
		if err != nil {
			return build.Inputs{}, err
		}
		unknown := false
		for _, path := range before.Diff(after) {
			unknown = unknown || !outputs[path]
			outputs[path] = true
		}
		before = after
		if !unknown {
			break
		}
	}
	out.inputs, out.outputs, out.touched = before, outputs, w.writtenSince(start, before)
	inputs, err := spec(name, im).Inputs(ctx, w.opts.Hasher)
	if err != nil {
		return build.Inputs{}, err
	}
	w.record.stage(event.Stage{Name: "prebuild", Target: name, Took: time.Since(start)})
	return inputs, nil
}

// writtenSince lists the files that were written after a moment, whether that
// changed them or not.
func (w *worker) writtenSince(start time.Time, tree digest.Tree) map[string]bool {
	written := map[string]bool{}
	for path := range tree {
		info, err := os.Lstat(filepath.Join(w.opts.dir(), filepath.FromSlash(path)))
		if err == nil && !info.ModTime().Before(start) {
			written[path] = true
		}
	}
	return written
}
