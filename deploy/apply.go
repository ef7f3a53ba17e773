package deploy

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
)

// Apply makes the cluster's release what its files say, as `helm upgrade
// --install --reset-values` would: by Helm's own actions, with hooks, history
// and ownership as helm has them. It does not wait for readiness; see Wait.
//
// A release whose manifest, hooks, values and chart metadata are those of its
// last revision, and whose objects all exist, is Unchanged: nothing is written
// and no hook runs (but see HooksAlways). A release that a killed process left
// pending, or whose first install failed, is repaired on the way. A CRD among the
// templates is made before the objects of its kind, which helm cannot.
//
// ctx ends Apply at once until the write starts. A write that has started is
// finished in any case, so that no release is left half written; only a wait
// for a hook is cut short, which ends the revision as failed.
//
// The error is a *RenderError where the release's files are at fault, and an
// *ApplyError where the cluster refused an object.
func (c *Cluster) Apply(ctx context.Context, rel Release) (Result, error) {
	if err := rel.validate(); err != nil {
		return Result{}, err
	}
	unlock, err := c.lock(ctx, rel.Namespace, rel.Name)
	if err != nil {
		return Result{}, err
	}
	defer unlock()

	watch := &stopwatch{}
	watch.turn(loading)
	chartFiles, err := c.deps.ensure(ctx, rel)
	if err != nil {
		return Result{ChartFiles: chartFiles}, err
	}
	res, err := c.applyLocked(ctx, rel, watch)
	watch.turn(between)
	res.ChartFiles, res.Stages = chartFiles, watch.read()
	return res, err
}

func (c *Cluster) applyLocked(ctx context.Context, rel Release, watch *stopwatch) (Result, error) {
	repaired, lacking := "", ""
	for {
		res, src, err := c.attempt(ctx, rel, watch)
		if res.Repaired == "" {
			res.Repaired = repaired
		}
		if src == nil || err == nil || err.Error() == lacking {
			return res, err
		}
		repaired, lacking = res.Repaired, err.Error() // once more for each kind that was missing
		if again, supplyErr := c.supply(ctx, src, err); supplyErr != nil {
			return res, supplyErr
		} else if !again {
			return res, err
		}
	}
}

// attempt is one go at Apply. The source is nil where the files could not be read.
func (c *Cluster) attempt(ctx context.Context, rel Release, watch *stopwatch) (Result, *source, error) {
	watch.turn(loading)
	// The history is read while the files are.
	var (
		beside errgroup.Group
		last   *release.Release
	)
	history := c.timedHistory(ctx, rel.Namespace, watch)
	beside.Go(func() (err error) {
		last, err = newest(history, rel.Namespace, rel.Name)
		return err
	})
	src, err := c.source(ctx, rel)
	readErr := beside.Wait()
	if err == nil {
		err = readErr
	}
	if err != nil {
		return Result{}, nil, err
	}
	src.history, src.watch = history, watch
	repaired := ""
	if unfinished(last) {
		if last, repaired, err = c.repair(ctx, last); err != nil {
			return Result{}, nil, err
		}
		src.history = c.timedHistory(ctx, rel.Namespace, watch)
	}
	watch.turn(rendering)
	res := Result{Release: rel.Name, Namespace: rel.Namespace, Repaired: repaired}
	if last == nil || last.Info.Status == release.StatusUninstalled {
		res, err = c.install(ctx, src, last, res)
	} else {
		res, err = c.upgrade(ctx, src, last, res)
	}
	return res, src, err
}

func (c *Cluster) install(ctx context.Context, src *source, last *release.Release, res Result) (Result, error) {
	ch := src.chart()
	cfg, client := c.actions(ctx, src)
	if len(ch.CRDObjects()) > 0 {
		// The chart's own CRDs are to show in its .Capabilities: Helm reads
		// them again after it has installed these.
		cfg.Capabilities = nil
	}
	act := action.NewInstall(cfg)
	act.ReleaseName, act.Namespace = src.rel.Name, src.rel.Namespace
	act.DisableHooks = src.rel.Hooks == HooksNever
	act.Timeout = c.opts.HookTimeout
	act.TakeOwnership = src.rel.Adopt
	act.Replace = last != nil
	act.Labels = src.rel.Labels
	if err := ctx.Err(); err != nil {
		return res, err
	}
	if src.rel.CreateNamespace {
		if err := c.prepareNamespace(ctx, src, ch); err != nil {
			return res, err
		}
	}
	// Run, not RunWithContext: Helm's answer to a cancelled context is to go
	// on in the background, which nobody would wait for.
	done, err := act.Run(ch, src.vals)
	if err != nil {
		return res, c.applyFailure(ctx, src, client, err)
	}
	res.Action = Installed
	return res, c.fill(&res, client, done)
}

// prepareNamespace makes the namespace of a first install, after the chart was
// seen to render: a fault in a template is to leave nothing behind. A chart with
// CRDs of its own may render only when they are there.
func (c *Cluster) prepareNamespace(ctx context.Context, src *source, ch *chart.Chart) error {
	if len(ch.CRDObjects()) == 0 {
		if _, err := c.render(ctx, src, next(src.rel, nil)); err != nil {
			return err
		}
	}
	return c.makeNamespace(ctx, src.rel.Namespace)
}

func (c *Cluster) upgrade(ctx context.Context, src *source, last *release.Release, res Result) (Result, error) {
	now, same, err := c.compare(ctx, src, last)
	if err != nil {
		return res, err
	}
	if same && !(src.rel.Hooks == HooksAlways && hasUpgradeHooks(last)) {
		before, err := c.describe(last.Namespace, last.Manifest, last.Hooks, last.Info.Notes)
		if err != nil {
			return res, fmt.Errorf("read revision %d of release %s: %w", last.Version, src.rel, err)
		}
		leave := src.watch.enter(reading)
		gone, err := c.missing(ctx, before)
		leave()
		if err != nil {
			return res, fmt.Errorf("look for the objects of release %s: %w", src.rel, err)
		}
		if len(gone) == 0 {
			res.Action = Unchanged
			res.Revision, res.Rendered, res.Total = last.Version, before, len(before.Objects)
			return res, nil
		}
	}
	cfg, client := c.actions(ctx, src)
	client.checksFirst = true
	stand := newStandIn(now)
	act := action.NewUpgrade(cfg)
	act.PostRenderer = stand
	act.Namespace = src.rel.Namespace
	act.DisableHooks = src.rel.Hooks == HooksNever
	act.Timeout = c.opts.HookTimeout
	act.TakeOwnership = src.rel.Adopt
	act.MaxHistory = max(c.opts.MaxHistory, 0)
	// Without this helm takes the last revision's values where none are given;
	// here the files alone decide.
	act.ResetValues = true
	if err := ctx.Err(); err != nil {
		return res, err
	}
	done, err := act.Run(src.rel.Name, stand.chart, src.vals)
	if err != nil {
		return res, c.applyFailure(ctx, src, client, err)
	}
	res.Action = Upgraded
	return res, c.fill(&res, client, done)
}

// actions is what Helm's actions work with: this process's connections and
// capabilities, the namespace's history.
func (c *Cluster) actions(ctx context.Context, src *source) (*action.Configuration, *helmClient) {
	client := c.kubeClient(ctx, src)
	history := src.history
	if history == nil {
		history = c.timedHistory(ctx, src.rel.Namespace, src.watch)
	}
	return &action.Configuration{
		RESTClientGetter: c.getter,
		Releases:         history,
		KubeClient:       client,
		Capabilities:     src.caps,
		Log:              c.helmLog,
		HookOutputFunc:   c.hookOutput,
	}, client
}

// fill tells what was written, in the manifest's order.
func (c *Cluster) fill(res *Result, client *helmClient, done *release.Release) error {
	rendered, err := c.describe(done.Namespace, done.Manifest, done.Hooks, done.Info.Notes)
	if err != nil {
		return err
	}
	res.Revision, res.Rendered, res.Total = done.Version, rendered, len(rendered.Objects)
	written := map[string]bool{}
	for _, o := range client.written {
		written[o.key()] = true
	}
	for _, o := range rendered.Objects {
		if written[o.key()] {
			res.Written = append(res.Written, o)
		}
		for _, e := range client.edits {
			if e.Object.key() == o.key() {
				res.Edits = append(res.Edits, Edit{o, e.Fields, e.Diff})
			}
		}
	}
	res.Removed = client.removed
	return nil
}
