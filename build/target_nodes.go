package build

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
)

// nodes is a cluster whose nodes are containers of the docker daemon with a
// containerd in each, as kind and k3d make them.
type nodes struct {
	kind       string
	containers []string
	from       unpacker
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
	name, err := Canonical(ref)
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

// Load sends every node the layers that one of them does not have. Docker packs the
// image once.
func (t *nodes) Load(ctx context.Context, ref string) error {
	all, err := t.blobs(ctx)
	if err != nil {
		return fmt.Errorf("load %s into %s: %w", ref, t, err)
	}
	skipped, err := t.send(ctx, ref, all)
	if err != nil && skipped > 0 && ctx.Err() == nil {
		// A node's containerd may have dropped a layer meanwhile.
		_, err = t.send(ctx, ref, nil)
	}
	if err != nil {
		return fmt.Errorf("load %s into %s: %w", ref, t, err)
	}
	return awaitNotice(ctx, t, ref)
}

// blobs are those that all nodes have.
func (t *nodes) blobs(ctx context.Context) (map[digest.Digest]bool, error) {
	lists := make([]string, len(t.containers))
	g, ctx := errgroup.WithContext(ctx)
	for i, container := range t.containers {
		g.Go(func() (err error) {
			lists[i], err = execIn(ctx, t.exec, container, nil, "ctr", "-n", "k8s.io", "content", "ls", "-q")
			if err != nil {
				err = fmt.Errorf("see what node %s has: %w", container, err)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	had := map[digest.Digest]int{}
	for _, list := range lists {
		for _, d := range strings.Fields(list) {
			had[digest.Digest(d)]++
		}
	}
	all := map[digest.Digest]bool{}
	for d, n := range had {
		all[d] = n == len(lists)
	}
	return all, nil
}

// send brings an image without some blobs to all nodes, and tells how many it left
// out.
func (t *nodes) send(ctx context.Context, ref string, without map[digest.Digest]bool) (skipped int, err error) {
	var imports []func(context.Context, io.Reader) error
	for _, container := range t.containers {
		imports = append(imports, func(ctx context.Context, from io.Reader) error {
			if _, err := execIn(ctx, t.exec, container, from, "ctr", "-n", "k8s.io", "images", "import", "-"); err != nil {
				return fmt.Errorf("node %s: %w", container, err)
			}
			return nil
		})
	}
	err = piped(ctx, func(ctx context.Context, to io.Writer) (err error) {
		skipped, err = sendParts(ctx, t.from, ref, func(d digest.Digest) (bool, error) { return without[d], nil }, to)
		return err
	}, imports...)
	return skipped, err
}

func (t *nodes) forget(ctx context.Context, refs []string) error {
	command := []string{"ctr", "-n", "k8s.io", "images", "rm"}
	for _, ref := range refs {
		name, err := Canonical(ref)
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
