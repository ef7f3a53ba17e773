package main

import (
	"context"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/test/bench/report"
	"github.com/devloop-dev/devloop/test/bench/workshop"
)

// settled is seconds from the save until devloop says that it is done: nothing in
// the cluster shows that. So touched says that nothing was done.
const settled metric = "settled"

// builtSame changes a comment in a Go file: the binary stays as it is.
func builtSame() scenario {
	return scenario{Name: "build-same-binary", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		edits := &note{of: b.id}
		dir, ns, err := b.smsChecker(ctx, "devloop")
		if err != nil {
			return nil, err
		}
		comment, err := commentOf(dir)
		if err != nil {
			return nil, err
		}
		l, err := b.up(ctx, dir)
		if err != nil {
			return nil, err
		}
		shop, err := b.workshop(ctx)
		if err != nil {
			return nil, err
		}
		own := func(ctx context.Context) (sample, error) {
			before, err := b.made(ctx, shop, ns)
			if err != nil {
				return sample{}, err
			}
			start := time.Now()
			if err := comment.save(b.work, edits.next()); err != nil {
				return sample{}, err
			}
			it, err := l.next(ctx)
			if err != nil {
				return sample{}, err
			}
			s := sample{Values: map[metric]float64{settled: between(start, it.done)}, Stages: it.stages}
			after, err := b.made(ctx, shop, ns)
			s.Values[touched] = differing(before, after)
			return s, err
		}
		compile, err := b.commentCompiled(ctx, edits)
		if err != nil {
			return nil, err
		}
		return &plan{
			Arms: []arm{{report.Subject, b.runs, own}, {"go build", b.runs, compile}},
			Rows: []row{
				{Metric: settled, Work: "a comment in Go, the same binary: save to done", Unit: report.Seconds,
					Targets: []report.Target{{Times: 1, More: 0.1, Of: "go build"}}},
				{Metric: touched, Work: "same: images, pods, deployments and revisions that are new or changed", Unit: report.Count,
					Targets: []report.Target{{Most: 0, Always: true}}},
			},
		}, nil
	}}
}

// commentCompiled is the same edit in a copy of the example, and the compiler alone.
func (b *bench) commentCompiled(ctx context.Context, edits *note) (func(context.Context) (sample, error), error) {
	dir, err := b.copyExample(ctx)
	if err != nil {
		return nil, err
	}
	comment, err := commentOf(dir)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (sample, error) {
		start := time.Now()
		if err := comment.save(b.work, edits.next()); err != nil {
			return sample{}, err
		}
		err := workshop.Compile(ctx, dir)
		return sample{Values: map[metric]float64{settled: time.Since(start).Seconds()}}, err
	}, workshop.Compile(ctx, dir)
}

// made is the footprint of a namespace, with the images that docker has for it.
func (b *bench) made(ctx context.Context, shop *workshop.Workshop, namespace string) (map[string]string, error) {
	all, err := b.footprint(ctx, namespace)
	if err != nil {
		return nil, err
	}
	images, err := workshop.Images(ctx, shop.Docker, namespace)
	for _, im := range images {
		all["images/"+im.ID] = fmt.Sprint(im.RepoTags)
	}
	return all, err
}
