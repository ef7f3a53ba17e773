package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/observe"
	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// valuesFile is what is edited.
const valuesFile = "values/local.yaml"

// replicas changes a value of a chart of one Deployment from 1 to 3 and waits
// until 3 of 3 pods are ready.
func replicas() scenario {
	return scenario{Name: "replicas", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		own, image, err := b.scaledByDevloop(ctx)
		if err != nil {
			return nil, err
		}
		helm, err := b.scaledByHelm(ctx, "helm", image)
		if err != nil {
			return nil, err
		}
		floor, err := b.scaledByHelm(ctx, "floor", image)
		if err != nil {
			return nil, err
		}
		floor.scale = func(ctx context.Context, c change, n int) (sample, error) {
			return b.patched(ctx, c, fmt.Sprintf(`{"spec":{"replicas":%d}}`, n))
		}
		plan := &plan{Rows: []row{
			{Metric: written, Work: "values: replicas 1 to 3, one Deployment: save to written", Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.06}}},
			{Metric: ready, Work: "same: save to 3 of 3 ready", Unit: report.Seconds,
				Targets: []report.Target{{Times: 1.1, Of: "floor"}}},
		}}
		for _, s := range []*scaler{own, helm, floor} {
			run := 0
			plan.Arms = append(plan.Arms, arm{s.name, b.runs, func(ctx context.Context) (sample, error) {
				run++
				return s.trial(ctx, b, kubeletPeriod*time.Duration(run%b.runs)/time.Duration(b.runs))
			}})
		}
		return plan, nil
	}}
}

// scaler is one arm's Deployment and the way to scale it.
type scaler struct {
	name, namespace string
	scale           func(ctx context.Context, c change, n int) (sample, error)
}

func (s *scaler) to(n int) change {
	return change{file: valuesFile, text: project.Replicas(n), object: observe.Deployment(s.namespace, release),
		seen: []observe.Condition{observe.Wants(int64(n)), observe.Ready(int64(n))}}
}

// kubeletPeriod is how often kubelet looks at its containers. A run that begins
// just before a look is up to this much faster than one that begins just after,
// and the run before ends on a look. So each arm's runs begin at moments that are
// spread over the period evenly, and in all arms alike.
const kubeletPeriod = time.Second

// trial scales up, which is measured, and back, until nothing is left of it.
func (s *scaler) trial(ctx context.Context, b *bench, delay time.Duration) (sample, error) {
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return sample{}, ctx.Err()
	}
	up, err := s.scale(ctx, s.to(3), 3)
	if err != nil {
		return sample{}, err
	}
	if _, err := s.scale(ctx, s.to(1), 1); err != nil {
		return sample{}, fmt.Errorf("back to 1 replica: %w", err)
	}
	return up, b.observer.AwaitPods(ctx, s.namespace, 1)
}

// scaledByDevloop deploys the project, with an image that devloop builds and
// brings to the cluster, and returns the image's reference, too.
func (b *bench) scaledByDevloop(ctx context.Context) (*scaler, string, error) {
	ns, err := b.namespace(ctx, "devloop")
	if err != nil {
		return nil, "", err
	}
	dir, err := b.folder("devloop")
	if err != nil {
		return nil, "", err
	}
	files := project.Deployment().Under("chart").With(project.Files{
		valuesFile:         project.Replicas(1),
		"image/Dockerfile": "FROM scratch\nCOPY pod /pod\nENTRYPOINT [\"/pod\"]\n",
		"devloop.yaml": project.Config("bench", "bench-pod: {context: image}", project.Release{
			Name: release, Namespace: ns, Chart: "chart",
			Lines: []string{"values: [" + valuesFile + "]", "images: {image: bench-pod}"},
		}),
	})
	if err := files.Write(dir); err != nil {
		return nil, "", err
	}
	if err := b.compilePod(ctx, filepath.Join(dir, "image", "pod")); err != nil {
		return nil, "", err
	}
	l, err := b.up(ctx, dir)
	if err != nil {
		return nil, "", err
	}
	d, err := b.client.AppsV1().Deployments(ns).Get(ctx, release, metav1.GetOptions{})
	if err != nil {
		return nil, "", fmt.Errorf("read what devloop deployed: %w", err)
	}
	s := &scaler{name: report.Subject, namespace: ns, scale: func(ctx context.Context, c change, _ int) (sample, error) {
		return b.saved(ctx, l, dir, c)
	}}
	return s, d.Spec.Template.Spec.Containers[0].Image, nil
}

// scaledByHelm deploys the same chart and image with helm.
func (b *bench) scaledByHelm(ctx context.Context, name, image string) (*scaler, error) {
	chart := project.Deployment().With(project.Files{valuesFile: project.Replicas(1)})
	args := []string{"--set", "image=" + image}
	ns, dir, err := b.installed(ctx, name, chart, append(args, "--wait")...)
	if err != nil {
		return nil, err
	}
	args = append(args, release, dir, "--namespace", ns, "--values", filepath.Join(dir, valuesFile))
	return &scaler{name: name, namespace: ns, scale: func(ctx context.Context, c change, _ int) (sample, error) {
		return b.upgraded(ctx, dir, c, args...)
	}}, nil
}

// compilePod builds the program of the pod for the cluster's node.
func (b *bench) compilePod(ctx context.Context, path string) error {
	return b.program(ctx, "test/bench/pod", path)
}

// program builds a program of the repository for the cluster's node.
func (b *bench) program(ctx context.Context, name, path string) error {
	nodes, err := b.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil || len(nodes.Items) == 0 {
		return fmt.Errorf("find a node: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "github.com/devloop-dev/devloop/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+nodes.Items[0].Status.NodeInfo.Architecture)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program of a pod: %w: %s", err, out)
	}
	return nil
}
