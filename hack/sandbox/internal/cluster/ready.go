//go:build linux

package cluster

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeapi"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
	"golang.org/x/sync/errgroup"
)

// readyTime is how long the cluster as a whole may take to be of use, beside the
// start of the last of its components.
const readyTime = startTime + 2*time.Minute

// condition is something a user's first pod relies on.
type condition struct {
	what string
	ask  probe.Func
}

// conditions are what has to be true of the whole cluster, beyond the health
// of each component. The cluster IPs are asked for from the host, so that
// kube-proxy's rules and the routes are part of it.
func conditions(site component.Site, api *kubeapi.Client) []condition {
	plan := site.Settings.Plan()
	return []condition{
		{"the node is ready", func(ctx context.Context) error { return nodeReady(ctx, site, api) }},
		{"the default service account exists", func(ctx context.Context) error {
			return api.Get(ctx, "/api/v1/namespaces/default/serviceaccounts/default", nil)
		}},
		{"the API server answers on its cluster IP",
			probe.TCP(net.JoinHostPort(plan.KubernetesService().String(), "443"))},
		{"services have names", probe.Name(net.JoinHostPort(plan.DNS().String(), "53"),
			"kubernetes.default.svc.cluster.local.")},
	}
}

// nodeReady asks whether pods are scheduled to the node, and whether tools
// find its container runtime.
func nodeReady(ctx context.Context, site component.Site, api *kubeapi.Client) error {
	node, err := api.Node(ctx, layout.NodeName)
	if err != nil {
		return err
	}
	if ready, reason := node.Ready(); !ready {
		return fmt.Errorf("the node is not ready: %s", reason)
	}
	if node.Metadata.Annotations[kubeapi.CRISocket] != runtimeEndpoint(site) {
		return fmt.Errorf("the node lacks the annotation %s", kubeapi.CRISocket)
	}
	return nil
}

func runtimeEndpoint(site component.Site) string { return "unix://" + site.Layout.ContainerdSocket() }

// usable asks for every condition once.
func usable(ctx context.Context, site component.Site) error {
	api, err := client(site)
	if err != nil {
		return err
	}
	defer api.Close()
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range conditions(site, api) {
		group.Go(func() error {
			if err := c.ask(ctx); err != nil {
				return fmt.Errorf("not yet true that %s: %w", c.what, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// settle waits until the cluster is of use: first the node is told where its
// container runtime is, as soon as it is registered.
func settle(ctx context.Context, site component.Site, api *kubeapi.Client) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	never := func() error { return nil }
	annotate := func(ctx context.Context) error {
		return api.Merge(ctx, "/api/v1/nodes/"+layout.NodeName, map[string]any{
			"metadata": map[string]any{"annotations": map[string]string{kubeapi.CRISocket: runtimeEndpoint(site)}},
		})
	}
	if err := probe.Wait(ctx, annotate, never); err != nil {
		return fmt.Errorf("waiting for the node to register: %w", err)
	}
	for _, c := range conditions(site, api) {
		if err := probe.Wait(ctx, c.ask, never); err != nil {
			return fmt.Errorf("waiting until %s: %w", c.what, err)
		}
	}
	return nil
}
