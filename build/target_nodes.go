package build

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
)

// nodes is a cluster whose nodes are containers of the docker daemon with a
// containerd in each, as kind and k3d make them.
type nodes struct {
	kind       string
	containers []string
	from       exporter
	exec       execAPI
}

var _ Target = (*nodes)(nil)

// newNodes takes the containers' names from the provider ids
// (kind://docker/CLUSTER/CONTAINER, k3s://CONTAINER).
func newNodes(kind string, o TargetOptions) *nodes {
	t := &nodes{kind: kind, from: o.Docker, exec: o.Docker}
	for _, n := range o.Nodes {
		t.containers = append(t.containers, lastSegment(n.Spec.ProviderID))
	}
	return t
}

func (t *nodes) String() string {
	return fmt.Sprintf("%s (%s)", t.kind, strings.Join(t.containers, ", "))
}

func (t *nodes) Has(ctx context.Context, ref string) (bool, error) {
	name, err := canonical(ref)
	if err != nil {
		return false, err
	}
	filter := fmt.Sprintf("name==%s,labels.%q==%s", name, managedLabel, managedValue)
	found := make([]bool, len(t.containers))
	g, ctx := errgroup.WithContext(ctx)
	for i, container := range t.containers {
		g.Go(func() error {
			out, err := execIn(ctx, t.exec, container, nil, "ctr", "-n", "k8s.io", "images", "ls", "-q", filter)
			if err != nil {
				return fmt.Errorf("look for %s in node %s: %w", ref, container, err)
			}
			found[i] = strings.TrimSpace(out) != ""
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return false, err
	}
	for _, ok := range found {
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

func (t *nodes) Load(ctx context.Context, ref string) error {
	g, gctx := errgroup.WithContext(ctx)
	for _, container := range t.containers {
		g.Go(func() error {
			tar, err := t.from.ImageSave(gctx, []string{ref})
			if err != nil {
				return fmt.Errorf("take %s out of docker: %w", ref, err)
			}
			defer tar.Close()
			if _, err := execIn(gctx, t.exec, container, tar, "ctr", "-n", "k8s.io", "images", "import", "-"); err != nil {
				return fmt.Errorf("load %s into node %s: %w", ref, container, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return awaitNotice(ctx, t, ref)
}

func (t *nodes) forget(ctx context.Context, refs []string) error {
	command := []string{"ctr", "-n", "k8s.io", "images", "rm"}
	for _, ref := range refs {
		name, err := canonical(ref)
		if err != nil {
			return err
		}
		command = append(command, name)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, container := range t.containers {
		g.Go(func() error {
			if _, err := execIn(ctx, t.exec, container, nil, command...); err != nil {
				return fmt.Errorf("remove old images from node %s: %w", container, err)
			}
			return nil
		})
	}
	return g.Wait()
}
