package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/build"
)

// workshop is where images are made and where they go, as the benchmark itself
// reaches it.
type workshop struct {
	docker  *client.Client
	builder *build.Docker
	target  build.Target
}

// workshop connects to docker and finds out how images reach the cluster.
func (b *bench) workshop(ctx context.Context) (*workshop, error) {
	cli, err := build.Connect(ctx, build.ConnectOptions{})
	if err != nil {
		return nil, err
	}
	b.processes = append(b.processes, cli.Close)
	nodes, err := b.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the nodes: %w", err)
	}
	target, err := build.FindTarget(ctx, build.TargetOptions{Nodes: nodes.Items, Context: b.context, Docker: cli})
	if err != nil {
		return nil, err
	}
	if open, is := target.(interface{ Close() error }); is {
		b.processes = append(b.processes, open.Close)
	}
	cli = build.BuildClient(target, cli)
	return &workshop{docker: cli, builder: build.NewDocker(cli), target: target}, nil
}

// steps are docker's records of build steps, of everyone's: id -> how often and
// when it was used last. A build, cached or not, changes some.
func (w *workshop) steps(ctx context.Context) (map[string]string, error) {
	usage, err := w.docker.DiskUsage(ctx, types.DiskUsageOptions{Types: []types.DiskUsageObject{types.BuildCacheObject}})
	if err != nil {
		return nil, fmt.Errorf("ask docker for its builds: %w", err)
	}
	out := map[string]string{}
	for _, r := range usage.BuildCache {
		out[r.ID] = fmt.Sprint(r.UsageCount, r.LastUsedAt)
	}
	return out, nil
}

// images are those that docker has of a project.
func (w *workshop) images(ctx context.Context, project string) ([]image.Summary, error) {
	list, err := w.docker.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", build.ProjectLabel+"="+project))})
	if err != nil {
		return nil, fmt.Errorf("list the images of %s: %w", project, err)
	}
	return list, nil
}

// removeImages has a project's images removed from docker after the scenario.
func (b *bench) removeImages(project string) {
	b.removals = append(b.removals, func(ctx context.Context) error {
		cli, err := build.Connect(ctx, build.ConnectOptions{})
		if err != nil {
			return err
		}
		defer cli.Close()
		list, err := (&workshop{docker: cli}).images(ctx, project)
		errs := []error{err}
		for _, im := range list {
			_, err := cli.ImageRemove(ctx, im.ID, image.RemoveOptions{Force: true, PruneChildren: true})
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
}
