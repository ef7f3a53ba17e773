package loop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/request"
	"github.com/devloop-dev/devloop/logs"
)

// release brings one release in line with its files and waits until it is ready.
func (w *worker) release(ctx context.Context) releaseOutcome {
	r := w.look.project.Releases[w.name]
	out := releaseOutcome{task: w.task, namespace: r.In(w.backends.Namespace), refs: map[string]string{}}
	for _, im := range r.Images {
		out.refs[im] = w.refs[im]
	}
	did, err := w.deploy(ctx, r)
	if out.err = err; err != nil && cut(ctx, err) {
		out.err, out.cut = nil, true
	}
	if out.action = did.Action; out.action != "" {
		out.did = deedOf(did)
	}
	return out
}

// deploy applies one release and waits until it is ready. It tells what it did,
// also when that did not become ready.
func (w *worker) deploy(ctx context.Context, r config.Release) (did deploy.Result, err error) {
	name := w.name
	if err := w.look.errs[target{release, name}]; err != nil {
		w.record.failed(ctx, w.target, "look", err)
		return did, err
	}
	asked := request.Release(name, r, w.backends.Namespace, w.refs)
	asked.Adopt, asked.Force = w.opts.Adopt, w.opts.Force
	asked.Labels = labelsOf(w.look.project)
	start := time.Now()
	w.record.begins(w.target, "apply")
	if err := w.complete(ctx, r, asked); err != nil {
		w.record.failed(ctx, w.target, stageOf(err), err)
		return did, err
	}
	var res deploy.Result
	steady, err := w.steady(ctx, func() (err error) {
		again := w.unguard(name)
		w.record.writes(name)
		defer w.record.written(name)
		hooks := w.runs.begin(w.target)
		res, err = w.backends.Cluster.Apply(ctx, asked)
		hooks(err != nil || res.Rendered != nil && len(res.Rendered.Hooks) > 0)
		if stageOf(err) == "render" {
			again()
		}
		return err
	})
	switch {
	case err != nil && !steady:
		return did, errCut
	case err != nil:
		w.record.failed(ctx, w.target, stageOf(err), err)
		return did, err
	}
	w.record.applied(name, res)
	w.record.deployed(res, time.Since(start))
	if err := w.guard(ctx, res); err != nil {
		w.record.failed(ctx, w.target, "drift", err)
		return res, err
	}
	if w.backends.Logs != nil {
		w.backends.Logs.Follow(w.selected.set(name, selectors(name, w.backends.Cluster.Workloads(res.Rendered))))
	}
	if err := w.selectPods(ctx, r, res); err != nil {
		w.record.failed(ctx, w.target, "sync", err)
		return res, err
	}
	if !steady {
		return res, errCut
	}

	start = time.Now()
	w.record.begins(w.target, "rollout")
	wait, cancel := context.WithTimeoutCause(ctx, w.opts.Timeout, fmt.Errorf("not ready after %s", w.opts.Timeout))
	defer cancel()
	err = w.backends.Cluster.Wait(wait, res, func(s deploy.Status) {
		w.opts.Emit(event.Progress{Iteration: w.it.number, Release: name, Ready: s.Ready, Total: s.Total,
			PodsReady: s.PodsReady, Pods: s.Pods, Waiting: waitingFor(s)})
	})
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", context.Cause(wait), err)
	}
	if err != nil {
		w.record.failed(ctx, w.target, "rollout", err)
		return res, err
	}
	w.record.stage(event.Stage{Name: "rollout", Target: name, Took: time.Since(start)})
	return res, nil
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

func selectors(name string, workloads []deploy.Workload) []logs.Selector {
	var sel []logs.Selector
	for _, w := range workloads {
		sel = append(sel, logs.Selector{Release: name, Namespace: w.Object.Namespace, Labels: w.Selector})
	}
	return sel
}
