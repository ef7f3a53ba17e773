package loop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/plan"
	"github.com/devloop-dev/devloop/internal/request"
	"github.com/devloop-dev/devloop/logs"
)

// deployReleases brings the releases in line, each as soon as those it needs are
// ready. Plan is asked again, now that the images have their references.
func (w *worker) deployReleases(ctx context.Context, made map[string]imageOutcome, into map[string]releaseOutcome) {
	refs := w.references(made)
	after := withReferences(w.look, refs)
	due := map[string]bool{}
	for _, a := range plan.Make(w.known.state, after) {
		if a.Do == plan.Upgrade {
			due[a.Target] = true
		}
	}
	order := w.look.project.ReleaseNames()
	settled := map[string]chan struct{}{}
	for _, name := range order {
		settled[name] = make(chan struct{})
	}
	var mu sync.Mutex
	lame := map[string]bool{} // not in line, and nothing was tried now
	var g errgroup.Group
	for _, name := range order {
		r := w.look.project.Releases[name]
		g.Go(func() error {
			defer close(settled[name])
			for _, need := range r.Needs {
				<-settled[need]
			}
			if !due[name] {
				return nil
			}
			mu.Lock()
			lacking := lacks(r, refs, func(need string) bool {
				o, tried := into[need]
				return o.err != nil || lame[need] || !tried && w.known.errs[target{release, need}] != nil
			})
			lame[name] = lacking != "" || ctx.Err() != nil
			mu.Unlock()
			switch {
			case ctx.Err() != nil || usesCut(r, made):
				return nil // the next iteration is about to begin
			case lacking != "":
				w.record.waits(name, lacking)
				return nil
			}
			out := releaseOutcome{tried: after.Releases[name], namespace: w.namespace(r)}
			out.err = w.deploy(ctx, name, r, refs)
			if out.err != nil && cut(ctx, out.err) {
				out.err, out.tried.Again = nil, true
			}
			mu.Lock()
			defer mu.Unlock()
			lame[name] = out.tried.Again
			into[name] = out
			return nil
		})
	}
	_ = g.Wait() // failures are in the outcomes
}

// usesCut: an image of the release was neither made nor failed.
func usesCut(r config.Release, made map[string]imageOutcome) bool {
	for _, im := range r.Images {
		if made[im].cut {
			return true
		}
	}
	return false
}

// lacks names what a release cannot do without and does not have, or nothing.
func lacks(r config.Release, refs map[string]string, broken func(need string) bool) string {
	var lacks []string
	for _, im := range r.Images {
		if refs[im] == "" {
			lacks = append(lacks, "image "+im)
		}
	}
	for _, need := range r.Needs {
		if broken(need) {
			lacks = append(lacks, "release "+need)
		}
	}
	slices.Sort(lacks)
	return strings.Join(slices.Compact(lacks), ", ")
}

// namespace is where a release goes.
func (w *worker) namespace(r config.Release) string {
	if r.Namespace == "" {
		return w.backends.Namespace
	}
	return r.Namespace
}

// deploy applies one release and waits until it is ready.
func (w *worker) deploy(ctx context.Context, name string, r config.Release, refs map[string]string) error {
	if err := w.look.errs[target{release, name}]; err != nil {
		w.record.failed(ctx, name, "look", err)
		return err
	}
	if w.unguard != nil {
		w.unguard(name)
	}
	asked := request.Release(name, r, w.backends.Namespace, refs)
	asked.Adopt, asked.Force = w.opts.Adopt, w.opts.Force
	start := time.Now()
	w.record.writes(name)
	res, err := w.backends.Cluster.Apply(ctx, asked)
	w.record.written(name)
	if err != nil {
		w.record.failed(ctx, name, stageOf(err), err)
		return err
	}
	w.record.applied(name, res)
	w.record.stage(event.Stage{Name: "apply", Target: name, Detail: applyDetail(res), Skipped: res.Action == deploy.Unchanged, Took: time.Since(start)})
	if w.guard != nil {
		w.guard(res)
	}
	if w.backends.Logs != nil {
		w.backends.Logs.Follow(w.selected.set(name, selectors(name, w.backends.Cluster.Workloads(res.Rendered))))
	}

	start = time.Now()
	wait, cancel := context.WithTimeoutCause(ctx, w.opts.Timeout, fmt.Errorf("not ready after %s", w.opts.Timeout))
	defer cancel()
	err = w.backends.Cluster.Wait(wait, res, func(s deploy.Status) {
		w.opts.Emit(event.Progress{Iteration: w.number, Release: name, Ready: s.Ready, Total: s.Total, Waiting: waitingFor(s)})
	})
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", context.Cause(wait), err)
	}
	if err != nil {
		w.record.failed(ctx, name, "rollout", err)
		return err
	}
	w.record.stage(event.Stage{Name: "rollout", Target: name, Took: time.Since(start)})
	return nil
}

// stageOf tells whether the files or the cluster refused.
func stageOf(err error) string {
	var render *deploy.RenderError
	if errors.As(err, &render) {
		return "render"
	}
	return "apply"
}

// waitingFor names the first object that is not ready.
func waitingFor(s deploy.Status) string {
	for _, o := range s.Objects {
		if o.Ready {
			continue
		}
		text := o.String()
		if o.Want > 0 {
			text += fmt.Sprintf(" %d/%d", o.Have, o.Want)
		}
		if o.Message != "" {
			text += " (" + o.Message + ")"
		}
		return text
	}
	return ""
}

// withReferences is what the files say, completed by the references of the
// images as they are now.
func withReferences(l look, refs map[string]string) plan.State {
	s := plan.State{Images: l.state.Images, Releases: map[string]plan.Release{}}
	for name, r := range l.state.Releases {
		images := map[string]string{}
		for _, im := range l.project.Releases[name].Images {
			images[im] = refs[im]
		}
		s.Releases[name] = plan.Release{Inputs: r.Inputs, Images: images}
	}
	return s
}

func selectors(name string, workloads []deploy.Workload) []logs.Selector {
	var sel []logs.Selector
	for _, w := range workloads {
		sel = append(sel, logs.Selector{Release: name, Namespace: w.Object.Namespace, Labels: w.Selector})
	}
	return sel
}
