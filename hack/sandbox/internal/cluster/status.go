//go:build linux

package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/proc"
)

// Status writes how the sandbox is to out, a line for each component, and
// reports whether all of it is up.
func (c *Cluster) Status(ctx context.Context, out io.Writer) bool {
	site, err := c.site()
	if err != nil {
		fmt.Fprintln(out, "the sandbox is down")
		return false
	}
	site = c.complete(ctx, site, Binaries{Kube: "kube"})
	up := true
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tPID\tUPTIME\tHEALTH")
	for _, spec := range specs(site) {
		health := c.health(ctx, spec)
		up = up && health.err == nil
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", spec.Name, health.pid, health.uptime, health)
	}
	if site.Dockerd == "" {
		err := component.DockerAnswers()(ctx)
		up = up && err == nil
		fmt.Fprintf(table, "docker\t-\t-\t%s\n", verdict(err, "healthy (not the sandbox's own)"))
	}
	table.Flush()
	up = c.nodeStatus(ctx, site, out) && up
	if _, err := os.Stat(c.Layout.Path("complete")); err != nil && up {
		fmt.Fprintln(out, "the start was not finished: run up again")
		up = false
	}
	return up
}

type health struct {
	pid, uptime string
	err         error
}

func (h health) String() string { return verdict(h.err, "healthy") }

func verdict(err error, good string) string {
	if err != nil {
		return err.Error()
	}
	return good
}

func (c *Cluster) health(ctx context.Context, spec component.Spec) health {
	record := proc.Load(c.Layout.Record(spec.Name))
	if !record.Alive() {
		return health{pid: "-", uptime: "-", err: fmt.Errorf("does not run (log: %s)", c.Layout.Log(spec.Name))}
	}
	return health{
		pid:    fmt.Sprint(record.PID),
		uptime: time.Since(record.Started).Round(time.Second).String(),
		err:    spec.Healthy(ctx),
	}
}

func (c *Cluster) nodeStatus(ctx context.Context, site component.Site, out io.Writer) bool {
	plan := site.Settings.Plan()
	defer fmt.Fprintf(out, "node address %s, pods %s, services %s, API server %s\n",
		plan.Node(), plan.Pods(), plan.Services(), site.APIServer())
	api, err := client(site)
	if err != nil {
		fmt.Fprintf(out, "node %s: %v\n", layout.NodeName, err)
		return false
	}
	defer api.Close()
	node, err := api.Node(ctx, layout.NodeName)
	if err != nil {
		fmt.Fprintf(out, "node %s: %v\n", layout.NodeName, err)
		return false
	}
	ready, reason := node.Ready()
	if !ready {
		fmt.Fprintf(out, "node %s: not ready: %s\n", layout.NodeName, reason)
		return false
	}
	fmt.Fprintf(out, "node %s: ready, Kubernetes %s, %s\n", layout.NodeName, node.Status.NodeInfo.Kubelet, node.Status.NodeInfo.Runtime)
	return true
}
