package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// builds is how many of docker's records of build steps are new or were used:
// everyone's, and cached ones, too.
const builds metric = "builds"

// builtNothing starts devloop again on a project of ten images, which are all in
// place.
func builtNothing() scenario {
	return scenario{Name: "build-unchanged-10", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		const n = 10
		dir, ns, err := b.imagesOf(ctx, n, func(i int) project.Files {
			return project.Files{"Dockerfile": "FROM scratch\nCOPY note.txt /note.txt\n", "note.txt": fmt.Sprint(b.id, i)}
		})
		if err != nil {
			return nil, err
		}
		if err := b.once(ctx, dir); err != nil {
			return nil, err
		}
		shop, err := b.workshop(ctx)
		if err != nil {
			return nil, err
		}
		trial := func(ctx context.Context) (sample, error) {
			was, err := shop.Steps(ctx)
			if err != nil {
				return sample{}, err
			}
			if len(was) == 0 {
				return sample{}, errors.New("docker has no record of the builds, so new ones could not be told")
			}
			before, err := b.made(ctx, shop, ns)
			if err != nil {
				return sample{}, err
			}
			start := time.Now()
			if err := b.once(ctx, dir); err != nil {
				return sample{}, err
			}
			s := sample{Values: map[metric]float64{insync: time.Since(start).Seconds()}}
			is, err := shop.Steps(ctx)
			if err != nil {
				return s, err
			}
			after, err := b.made(ctx, shop, ns)
			s.Values[builds], s.Values[touched] = differing(was, is), differing(before, after)
			return s, err
		}
		return &plan{Arms: []arm{{report.Subject, b.runs, trial}}, Rows: []row{
			{Metric: insync, Work: fmt.Sprintf("%d images unchanged, a new process: start to in sync", n), Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.3}}},
			{Metric: builds, Work: "same: records of build steps that docker made or used, everyone's", Unit: report.Count,
				Targets: []report.Target{{Most: 0, Always: true}}},
			{Metric: touched, Work: "same: images, objects and revisions that are new or changed", Unit: report.Count,
				Targets: []report.Target{{Most: 0, Always: true}}},
		}}, nil
	}}
}

// imagesOf writes a project of n images, whose contexts are the folders image0,
// image1, ..., and of a release that holds their references.
func (b *bench) imagesOf(ctx context.Context, n int, context func(i int) project.Files) (dir, namespace string, err error) {
	if namespace, err = b.namespace(ctx, "devloop"); err != nil {
		return "", "", err
	}
	if dir, err = b.folder("devloop"); err != nil {
		return "", "", err
	}
	files := project.References(n).Under("chart")
	var images, uses []string
	for i := range n {
		name := fmt.Sprintf("%s-%d", namespace, i)
		images = append(images, fmt.Sprintf("%s: {context: %s}", name, project.ImageValue(i)))
		uses = append(uses, project.ImageValue(i)+": "+name)
		files.With(context(i).Under(project.ImageValue(i)))
	}
	files["devloop.yaml"] = project.Config(namespace, strings.Join(images, "\n  "), project.Release{
		Name: release, Namespace: namespace, Chart: "chart", Lines: []string{"images: {" + strings.Join(uses, ", ") + "}"},
	})
	b.removeImages(namespace)
	return dir, namespace, files.Write(dir)
}
