package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// visible is seconds from the save until the server in the pod serves the file as
// saved, asked through the API server.
const visible metric = "visible"

// syncedFile saves a file that is copied into a running container of an image
// FROM scratch.
func syncedFile() scenario {
	return scenario{Name: "sync", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		namespace, err := b.namespace(ctx, "sync")
		if err != nil {
			return nil, err
		}
		dir, err := b.folder("sync")
		if err != nil {
			return nil, err
		}
		files := project.Deployment().Under("chart").With(project.Files{
			"image/Dockerfile":     "FROM scratch\nCOPY filesd /filesd\nCOPY web /srv/web\nENTRYPOINT [\"/filesd\"]\n",
			"image/web/index.html": "first",
			"devloop.yaml": project.Config("bench", `bench-sync: {context: image, sync: [{from: "web/**", to: /srv/web}]}`, project.Release{
				Name: release, Namespace: namespace, Chart: "chart", Lines: []string{"images: {image: bench-sync}"},
			}),
		})
		if err := files.Write(dir); err != nil {
			return nil, err
		}
		if err := b.program(ctx, "test/filesd", filepath.Join(dir, "image", "filesd")); err != nil {
			return nil, err
		}
		l, err := b.up(ctx, dir)
		if err != nil {
			return nil, err
		}
		pod, err := b.onlyPod(ctx, namespace)
		if err != nil {
			return nil, err
		}
		edits := &note{}
		if err := b.served(ctx, namespace, pod, "first"); err != nil {
			return nil, err
		}
		return &plan{
			Arms: []arm{{report.Subject, b.runs, func(ctx context.Context) (sample, error) {
				text := edits.next()
				start := time.Now()
				if err := project.Save(b.work, filepath.Join(dir, "image", "web", "index.html"), text); err != nil {
					return sample{}, err
				}
				if err := b.served(ctx, namespace, pod, text); err != nil {
					return sample{}, err
				}
				s := sample{Values: map[metric]float64{visible: time.Since(start).Seconds()}}
				it, err := l.next(ctx)
				s.Stages = it.stages
				return s, err
			}}},
			Rows: []row{{Metric: visible, Work: "a file under sync saved: to served by the container", Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.15}}}},
		}, nil
	}}
}

// served asks the server in a pod until it serves the text.
func (b *bench) served(ctx context.Context, namespace, pod, text string) error {
	path := "/file/" + hex.EncodeToString([]byte("index.html"))
	for {
		body, err := b.client.CoreV1().Pods(namespace).ProxyGet("http", pod, "8080", path, nil).DoRaw(ctx)
		if err == nil && strings.HasSuffix(string(body), ": "+text) {
			return nil
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait until pod %s serves %q: %w; it serves %q (%w)", pod, text, ctx.Err(), body, err)
		}
	}
}

func (b *bench) onlyPod(ctx context.Context, namespace string) (string, error) {
	pods, err := b.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("find the pod: %w", err)
	}
	if len(pods.Items) != 1 {
		return "", fmt.Errorf("find the pod: there are %d", len(pods.Items))
	}
	return pods.Items[0].Name, nil
}
