package loop

import (
	"context"
	"errors"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/internal/plan"
)

// iteration is one piece of work: what to bring about, and what is known. It is
// handed to a worker whole, so nothing in it is shared.
type iteration struct {
	number   int
	cause    []string  // paths, for the summary
	since    time.Time // of the save
	look     look
	actions  []plan.Action
	known    known
	backends *Backends // nil until docker and cluster were reached
}

// outcome is what came of an iteration. Targets that were not worked on to an
// end are missing in images and releases: the next plan finds them again.
type outcome struct {
	iteration iteration
	backends  *Backends
	images    map[string]imageOutcome
	releases  map[string]releaseOutcome
	blocked   bool     // docker or the cluster could not be reached
	failures  []string // in words
	done      event.Done
}

type imageOutcome struct {
	inputs  digest.Tree
	ref     string
	outputs map[string]bool // what its prebuild command changes
	touched map[string]bool // what its prebuild command writes, changed or not
	err     error
}

type releaseOutcome struct {
	tried plan.Release
	err   error
}

// worker carries one iteration out.
type worker struct {
	iteration
	opts   Options
	record *recorder
}

// run works through the stages. It ends early when ctx does, but for a write to
// the cluster, which is finished.
func (w *worker) run(ctx context.Context) outcome {
	out := outcome{iteration: w.iteration, images: map[string]imageOutcome{}, releases: map[string]releaseOutcome{}}
	if w.backends == nil {
		b, err := w.opts.Connect(ctx, w.look.project)
		if err != nil {
			out.blocked = true
			w.record.failed(ctx, "", "connect", err)
			out.done, out.failures = w.finish(ctx, out)
			return out
		}
		w.backends = b
		w.opts.Emit(b.Info)
	}
	out.backends = w.backends
	w.tellPlan()
	if w.backends.Forward != nil {
		w.backends.Forward.Set(forwards(w.look.project, w.backends.Namespace))
	}
	refs := w.buildImages(ctx, out.images)
	w.deployReleases(ctx, refs, out.releases)
	out.done, out.failures = w.finish(ctx, out)
	return out
}

func (w *worker) tellPlan() {
	planned := event.Planned{Iteration: w.number}
	for _, a := range w.actions {
		planned.Actions = append(planned.Actions, event.Action{Do: string(a.Do), Target: a.Target, Reason: a.Reason})
	}
	w.opts.Emit(planned)
}

// buildImages makes the images the plan asks for, side by side, and returns the
// references that are in place now. An image that failed has none.
func (w *worker) buildImages(ctx context.Context, into map[string]imageOutcome) map[string]string {
	refs := map[string]string{}
	for name, ref := range w.known.refs {
		refs[name] = ref
	}
	type result struct {
		name string
		imageOutcome
	}
	results := make(chan result, len(w.actions))
	var g errgroup.Group
	for _, a := range w.actions {
		if a.Do == plan.Rebuild {
			g.Go(func() error {
				results <- result{a.Target, w.makeImage(ctx, a.Target)}
				return nil
			})
		}
	}
	_ = g.Wait() // failures travel in the results
	close(results)
	for r := range results {
		if r.err != nil && cut(ctx, r.err) {
			delete(refs, r.name)
			continue // cut short, not failed
		}
		into[r.name] = r.imageOutcome
		refs[r.name] = r.ref
		if r.err != nil {
			delete(refs, r.name)
		}
	}
	return refs
}

// forwards lists what devloop.yaml wants forwarded.
func forwards(p *config.Project, namespace string) []forward.Target {
	var all []forward.Target
	for _, f := range p.Forward {
		ns := p.Releases[f.Release].Namespace
		if ns == "" {
			ns = namespace
		}
		all = append(all, forward.Target{Namespace: ns, Service: f.Service, Port: f.Port, Local: f.Local})
	}
	return all
}

// errCut says that work ended because a newer save, or the end of the loop, made
// it useless.
var errCut = errors.New("superseded")

func cut(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, errCut)
}

// tried is what the files said when the iteration had worked on them: as at its
// beginning, but for what prebuild commands wrote.
func (o outcome) tried() *plan.State {
	s := plan.State{Images: maps.Clone(o.iteration.look.state.Images), Releases: o.iteration.look.state.Releases}
	for name, im := range o.images {
		s.Images[name] = plan.Image{Inputs: im.inputs}
	}
	return &s
}
