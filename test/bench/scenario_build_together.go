package main

import (
	"context"
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/observe"
	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// builtTogether changes five images that know nothing of each other, each of which
// waits for 2.6 to 3 s (0.6 to 1 s with -quick) in a step of its build. It waits and
// does not compute, so that what is seen is whether devloop begins them together, on
// two cores, too.
func builtTogether() scenario {
	return scenario{Name: "build-5-images", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		const n = 5
		shortest := b.size(2600, 600) // milliseconds
		wait := func(i int) int { return shortest + 100*i }
		dir, ns, err := b.imagesOf(ctx, n, func(i int) project.Files {
			return project.Files{
				"Dockerfile": fmt.Sprintf("FROM scratch\nCOPY pod /pod\nCOPY note.txt /note.txt\nRUN [\"/pod\", \"%dms\"]\n", wait(i)),
				"note.txt":   fmt.Sprint(b.id, i),
			}
		})
		if err != nil {
			return nil, err
		}
		for i := range n {
			if err := b.compilePod(ctx, filepath.Join(dir, project.ImageValue(i), "pod")); err != nil {
				return nil, err
			}
		}
		l, err := b.up(ctx, dir)
		if err != nil {
			return nil, err
		}
		edits := &note{of: b.id}
		trial := func(first int) func(ctx context.Context) (sample, error) {
			return func(ctx context.Context) (sample, error) {
				now, err := b.references(ctx, ns)
				if err != nil {
					return sample{}, err
				}
				for i := range first {
					delete(now, project.ImageValue(i))
				}
				text := edits.next()
				start, seen, err := b.measure(ctx, change{object: observe.ConfigMap(ns, release), seen: []observe.Condition{observe.DataOtherThan(now)}},
					func(context.Context) error {
						for i := first; i < n; i++ {
							if err := (change{file: project.ImageValue(i) + "/note.txt", text: text + fmt.Sprint(" of ", i)}).save(b.work, dir); err != nil {
								return err
							}
						}
						return nil
					})
				if err != nil {
					return sample{}, err
				}
				it, err := l.next(ctx)
				return sample{Values: values(start, seen), Stages: it.stages, Parts: it.parts(start, seen[0])}, err
			}
		}
		return &plan{
			Arms: []arm{{report.Subject, b.runs, trial(0)}, {"devloop, the slowest alone", b.runs, trial(n - 1)}},
			Rows: []row{{Metric: written, Unit: report.Seconds,
				Work:    fmt.Sprintf("%d independent images changed, builds that wait %g to %g s: save to all new references written", n, float64(wait(0))/1000, float64(wait(n-1))/1000),
				Targets: []report.Target{{Times: 1.3, Of: "devloop, the slowest alone"}}}},
		}, nil
	}}
}

// references is what the config map of a project of images holds.
func (b *bench) references(ctx context.Context, namespace string) (map[string]string, error) {
	cm, err := b.client.CoreV1().ConfigMaps(namespace).Get(ctx, release, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the references: %w", err)
	}
	return cm.Data, nil
}
