package workshop

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/build"
)

// Workshop is where images are made and where they go.
type Workshop struct {
	Docker  *client.Client
	Builder *build.Docker
	Target  build.Target

	close []func() error
}

// Open connects to docker and finds out how images reach the cluster, whose context is
// named so in the kubeconfig. Whoever opens it closes it.
func Open(ctx context.Context, cluster kubernetes.Interface, context string) (*Workshop, error) {
	cli, err := build.Connect(ctx, build.ConnectOptions{})
	if err != nil {
		return nil, err
	}
	w := &Workshop{close: []func() error{cli.Close}}
	nodes, err := cluster.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("list the nodes: %w", err), w.Close())
	}
	w.Target, err = build.FindTarget(ctx, build.TargetOptions{Nodes: nodes.Items, Context: context, Docker: cli})
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if open, is := w.Target.(interface{ Close() error }); is {
		w.close = append(w.close, open.Close)
	}
	w.Docker = build.BuildClient(w.Target, cli)
	w.Builder = build.NewDocker(w.Docker)
	return w, nil
}

// Close ends the connections.
func (w *Workshop) Close() error {
	var errs []error
	for _, end := range w.close {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// Steps are docker's records of build steps, of everyone's: id -> how often and
// when it was used last. A build, cached or not, changes some.
func (w *Workshop) Steps(ctx context.Context) (map[string]string, error) {
	usage, err := w.Docker.DiskUsage(ctx, types.DiskUsageOptions{Types: []types.DiskUsageObject{types.BuildCacheObject}})
	if err != nil {
		return nil, fmt.Errorf("ask docker for its builds: %w", err)
	}
	out := map[string]string{}
	for _, r := range usage.BuildCache {
		out[r.ID] = fmt.Sprint(r.UsageCount, r.LastUsedAt)
	}
	return out, nil
}

// Images are those that docker has of a project.
func Images(ctx context.Context, docker client.ImageAPIClient, project string) ([]image.Summary, error) {
	list, err := docker.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", build.ProjectLabel+"="+project))})
	if err != nil {
		return nil, fmt.Errorf("list the images of %s: %w", project, err)
	}
	return list, nil
}

// RemoveImages removes those of a project.
func RemoveImages(ctx context.Context, docker client.ImageAPIClient, project string) error {
	list, err := Images(ctx, docker, project)
	errs := []error{err}
	for _, im := range list {
		_, err := docker.ImageRemove(ctx, im.ID, image.RemoveOptions{Force: true, PruneChildren: true})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
