package loop

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/deploy"
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

// outcome is what came of an iteration. Targets that were not begun are missing
// in images and releases: the next plan finds them again.
type outcome struct {
	iteration iteration
	backends  *Backends
	images    map[string]imageOutcome
	releases  map[string]releaseOutcome
	blocked   bool     // docker or the cluster could not be reached
	cut       bool     // ended early: by a newer save, or because files changed while they were read
	failures  []string // in words
	done      event.Done
}

type imageOutcome struct {
	inputs  digest.Tree
	ref     string
	outputs map[string]bool // what its prebuild command changes
	touched map[string]bool // what its prebuild command writes, changed or not
	err     error
	cut     bool // neither made nor failed
}

type releaseOutcome struct {
	tried     plan.Release
	namespace string
	err       error
}

// worker carries one iteration out.
type worker struct {
	iteration
	opts     Options
	record   *recorder
	selected *selected
	unguard  func(release string)    // before a write; nil without guards
	guard    func(res deploy.Result) // after it
}

// run works through the stages. It ends early when ctx does, but for a write to
// the cluster, which is finished.
func (w *worker) run(ctx context.Context) outcome {
	out := outcome{iteration: w.iteration, images: map[string]imageOutcome{}, releases: map[string]releaseOutcome{}}
	if w.backends == nil || w.backends.Builder == nil && len(w.look.project.Images) > 0 {
		b, err := w.opts.Connect(ctx, w.look.project)
		if err != nil {
			out.blocked = true
			w.record.failed(ctx, "", "connect", err)
			return w.finish(ctx, out)
		}
		w.backends = b
		w.opts.Emit(b.Info)
	}
	out.backends = w.backends
	w.tellPlan()
	w.buildImages(ctx, out.images)
	w.deployReleases(ctx, out.images, out.releases)
	return w.finish(ctx, out)
}

// tellPlan says what is going to be done, but for releases that have to wait for
// an image that failed before: of these it is told when it is their turn.
func (w *worker) tellPlan() {
	planned := event.Planned{Iteration: w.number}
	rebuilt := map[string]bool{}
	for _, a := range w.actions {
		rebuilt[a.Target] = rebuilt[a.Target] || a.Do == plan.Rebuild
	}
	for _, a := range w.actions {
		waits := false
		for _, im := range w.look.project.Releases[a.Target].Images {
			waits = waits || a.Do == plan.Upgrade && w.known.errs[target{image, im}] != nil && !rebuilt[im]
		}
		if !waits {
			planned.Actions = append(planned.Actions, event.Action{Do: string(a.Do), Target: a.Target, Reason: a.Reason})
		}
	}
	w.opts.Emit(planned)
}

// buildImages makes the images the plan asks for, side by side.
func (w *worker) buildImages(ctx context.Context, into map[string]imageOutcome) {
	var mu sync.Mutex
	var g errgroup.Group
	for _, a := range w.actions {
		if a.Do != plan.Rebuild {
			continue
		}
		g.Go(func() error {
			made := w.makeImage(ctx, a.Target)
			made.cut = made.err != nil && cut(ctx, made.err)
			mu.Lock()
			defer mu.Unlock()
			into[a.Target] = made
			return nil
		})
	}
	_ = g.Wait() // failures travel in the outcomes
}

// references are those of the images in place: made now or before, and not
// failed since.
func (w *worker) references(made map[string]imageOutcome) map[string]string {
	refs := w.known.references()
	for name, o := range made {
		refs[name] = o.ref
		if o.err != nil {
			delete(refs, name)
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

// errCut says that work ended because the files are not what it began with.
var errCut = errors.New("superseded")

// cut says whether an error only means that the work was ended early.
func cut(ctx context.Context, err error) bool {
	ended := ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
	return ended || errors.Is(err, errCut)
}

// tried is what the files said when the iteration had worked on them: as at its
// beginning, but for what prebuild commands wrote.
func (o outcome) tried() *plan.State {
	s := plan.State{Images: maps.Clone(o.iteration.look.state.Images), Releases: o.iteration.look.state.Releases}
	for name, im := range o.images {
		if o.iteration.look.errs[target{image, name}] == nil {
			s.Images[name] = plan.Image{Inputs: im.inputs}
		}
	}
	return &s
}
