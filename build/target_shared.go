package build

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

// sharedDaemon is a cluster whose kubelet starts containers in the very daemon
// that images are built in: what is built is there.
type sharedDaemon struct {
	name   string
	client *client.Client
	own    bool // the client was made here, for this target
}

var _ Target = (*sharedDaemon)(nil)

// findSharedDaemon makes sure that the daemon is the cluster's own: with docker
// on the host beside a VM's, images would be built where no pod looks.
func findSharedDaemon(ctx context.Context, o TargetOptions) (Target, error) {
	info, err := o.Docker.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the way of images into the cluster: ask docker about itself: %w", err)
	}
	if len(o.Nodes) > 1 {
		return nil, o.unknown(nil, "several nodes with a docker daemon each: images would have to reach all of them")
	}
	n := o.Nodes[0]
	if info.Name != n.Name && info.KernelVersion != n.Status.NodeInfo.KernelVersion {
		return nil, o.unknown(nil,
			fmt.Sprintf("the docker daemon at %s calls itself %q with kernel %s, the node runs kernel %s: it is not the cluster's; choose that by `docker context use` or DOCKER_HOST",
				o.Docker.DaemonHost(), info.Name, info.KernelVersion, n.Status.NodeInfo.KernelVersion))
	}
	return &sharedDaemon{name: "docker daemon shared with " + n.Name, client: o.Docker}, nil
}

func (t *sharedDaemon) String() string { return t.name }

func (t *sharedDaemon) Has(ctx context.Context, ref string) (bool, error) {
	_, err := t.client.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s in the %s: %w", ref, t, err)
	}
	return true, nil
}

// Load has nothing to carry; it only makes sure that the image was built here.
func (t *sharedDaemon) Load(ctx context.Context, ref string) error {
	ok, err := t.Has(ctx, ref)
	if err == nil && !ok {
		err = fmt.Errorf("%s is not in the %s: it was built in another one", ref, t)
	}
	return err
}

// Close ends the connection, where it is this target's own.
func (t *sharedDaemon) Close() error {
	if !t.own {
		return nil
	}
	return t.client.Close()
}
