package main

import (
	"context"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/types"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/machine"
	"github.com/devloop-dev/devloop/internal/observe"
	"github.com/devloop-dev/devloop/test/bench/project"
)

// change is one edit: a file's new content, and how its effect is recognised.
type change struct {
	file, text string // file is relative to the chart or project
	object     observe.Object
	seen       []observe.Condition // the first is "written", a second one "ready"
}

// measure does something and says when it began and when the API server showed
// each of the conditions.
func (b *bench) measure(ctx context.Context, c change, do func(ctx context.Context) error) (start time.Time, seen []time.Time, err error) {
	sighting, err := b.observer.Expect(ctx, c.object, c.seen...)
	if err != nil {
		return start, nil, err
	}
	start = time.Now()
	if err := do(ctx); err != nil {
		return start, nil, err
	}
	seen, err = sighting.Wait()
	return start, seen, err
}

func (c change) save(staging, dir string) error {
	return project.Save(staging, filepath.Join(dir, filepath.FromSlash(c.file)), c.text)
}

// values are the metrics of an edit.
func values(start time.Time, seen []time.Time) map[metric]float64 {
	out := map[metric]float64{written: seen[0].Sub(start).Seconds()}
	if len(seen) > 1 {
		out[ready] = seen[1].Sub(start).Seconds()
	}
	return out
}

// saved is a run of devloop: the file is saved, and devloop does the rest.
func (b *bench) saved(ctx context.Context, l *loop, dir string, c change) (sample, error) {
	start, seen, err := b.measure(ctx, c, func(context.Context) error { return c.save(b.work, dir) })
	if err != nil {
		return sample{}, err
	}
	it, err := l.next(ctx)
	if err != nil {
		return sample{}, err
	}
	s := sample{Values: values(start, seen), Parts: it.parts(start, seen[0]), Stages: it.stages}
	if it.context > 0 {
		s.Values[transfer] = it.context
	}
	bytes, known, err := machine.Resident(l.cmd.Process.Pid)
	if known {
		s.Values[memory] = bytes / 1e6
	}
	return s, err
}

// upgraded is a run of helm: the file is saved and helm started at once.
func (b *bench) upgraded(ctx context.Context, dir string, c change, args ...string) (sample, error) {
	start, seen, err := b.measure(ctx, c, func(ctx context.Context) error {
		if err := c.save(b.work, dir); err != nil {
			return err
		}
		return b.runHelm(ctx, append([]string{"upgrade"}, args...)...)
	})
	if err != nil {
		return sample{}, err
	}
	return sample{Values: values(start, seen)}, nil
}

// patched is a run of the floor: one JSON merge patch by a client that is
// connected already.
func (b *bench) patched(ctx context.Context, c change, patch string) (sample, error) {
	start, seen, err := b.measure(ctx, c, func(ctx context.Context) error {
		_, err := b.dynamic.Resource(c.object.Resource).Namespace(c.object.Namespace).
			Patch(ctx, c.object.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	})
	if err != nil {
		return sample{}, err
	}
	return sample{Values: values(start, seen)}, nil
}
