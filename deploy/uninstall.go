package deploy

import (
	"context"
	"fmt"

	"helm.sh/helm/v3/pkg/action"
)

// Uninstall removes a release as `helm uninstall` does, with its delete hooks,
// and waits until its objects are gone. Objects that ask to be kept
// (helm.sh/resource-policy: keep), CRDs of the chart's crds/ folder and the
// namespace stay, as does everything that is not the release's. A release that
// is not there is done already.
//
// ctx ends it at once until the first write and while it waits; what has been
// asked to be deleted by then is still deleted.
func (c *Cluster) Uninstall(ctx context.Context, name, namespace string) error {
	unlock, err := c.lock(ctx, namespace, name)
	if err != nil {
		return err
	}
	defer unlock()
	caps, err := c.surface.capabilities(ctx)
	if err != nil {
		return err
	}
	last, err := c.last(ctx, namespace, name)
	if err != nil || last == nil {
		return err
	}
	rel := Release{Name: name, Namespace: namespace}
	cfg, _ := c.actions(ctx, &source{rel: rel, caps: caps})
	act := action.NewUninstall(cfg)
	act.Wait = true
	act.Timeout = c.opts.HookTimeout
	act.DeletionPropagation = "background"
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := act.Run(name); err != nil {
		return fmt.Errorf("uninstall release %s: %w", rel, err)
	}
	return nil
}
