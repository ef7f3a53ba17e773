package main

import (
	"context"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// first and later are seconds from the start of the process to its first plan.
const (
	first metric = "first"
	later metric = "later"
)

// starts starts devloop on a project of many files, which are all up to date:
// without and with what an earlier devloop remembers of them.
func starts() scenario {
	return scenario{Name: "watch-start-100000", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n := b.size(100_000, 2000)
		dir, err := b.sources(ctx, n)
		if err != nil {
			return nil, err
		}
		if _, err := b.startOnce(ctx, dir, b.work); err != nil { // builds and deploys
			return nil, err
		}
		trial := func(ctx context.Context) (sample, error) {
			cache, err := b.folder("cache")
			if err != nil {
				return sample{}, err
			}
			s := sample{Values: map[metric]float64{}}
			for _, m := range []metric{first, later} {
				if s.Values[m], err = b.startOnce(ctx, dir, cache); err != nil {
					return s, err
				}
			}
			return s, nil
		}
		return &plan{Arms: []arm{{report.Subject, min(b.runs, 5), trial}}, Rows: []row{
			{Metric: first, Work: fmt.Sprintf("%s files, the first start: process to plan", thousands(n)), Unit: report.Seconds,
				Targets: []report.Target{{Most: 3}}},
			{Metric: later, Work: "same: a later start", Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.8}}},
		}}, nil
	}}
}

// startOnce starts devloop with a cache folder of its own, ends it when it has
// brought everything in line, and says how long the plan took.
func (b *bench) startOnce(ctx context.Context, dir, cache string) (float64, error) {
	begun := time.Now()
	l, err := b.start(dir, "XDG_CACHE_HOME="+cache)
	if err != nil {
		return 0, err
	}
	it, err := l.next(ctx)
	if endErr := l.end(); err == nil {
		err = endErr
	}
	return between(begun, it.planned), err
}

// sources writes a project with an image context of n files, of which the image
// holds one.
func (b *bench) sources(ctx context.Context, n int) (string, error) {
	dir, err := b.folder("devloop")
	if err != nil {
		return "", err
	}
	ns, err := b.namespace(ctx, "devloop")
	if err != nil {
		return "", err
	}
	files := project.Deployment().Under("chart").With(project.Sources(n).Under("image")).With(project.Files{
		"image/Dockerfile": "FROM scratch\nCOPY pod /pod\nENTRYPOINT [\"/pod\"]\n",
		"devloop.yaml": project.Config("bench", "bench-pod: {context: image}", project.Release{
			Name: release, Namespace: ns, Chart: "chart", Lines: []string{"images: {image: bench-pod}"},
		}),
	})
	if err := files.Write(dir); err != nil {
		return "", err
	}
	return dir, b.compilePod(ctx, dir+"/image/pod")
}
