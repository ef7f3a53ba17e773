package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
)

// remover removes what left devloop.yaml.
type remover struct {
	*deploy.Cluster
	docker *client.Client // nil when the project has no image
	naming build.Naming
}

// Uninstall removes a release, as devloop down does.
func (r remover) Uninstall(ctx context.Context, release, namespace string) error {
	return r.Cluster.Uninstall(ctx, release, namespace)
}

// RemoveImages removes the images of a name with tags that devloop makes from the
// docker daemon, but for those that containers still use. What nodes have of
// their own, their kubelet removes when room is scarce.
func (r remover) RemoveImages(ctx context.Context, name string) error {
	if r.docker == nil {
		return nil
	}
	name = r.naming.Name(name)
	list, err := r.docker.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", name+":dl-*"))})
	if err != nil {
		return fmt.Errorf("list the images of %s: %w", name, err)
	}
	for _, im := range list {
		for _, tag := range im.RepoTags {
			if !strings.HasPrefix(tag, name+":dl-") {
				continue // somebody else's name for the same image
			}
			_, err := r.docker.ImageRemove(ctx, tag, image.RemoveOptions{PruneChildren: true})
			if err != nil && !errdefs.IsConflict(err) && !errdefs.IsNotFound(err) {
				return fmt.Errorf("remove image %s: %w", tag, err)
			}
		}
	}
	return nil
}
