package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/test/bench/report"
	"github.com/devloop-dev/devloop/test/bench/workshop"
)

// The parts of the floor, each timed alone, in seconds.
const (
	compiling metric = "compiling"
	solving   metric = "solving"
	loading   metric = "loading"
	starting  metric = "starting" // from the patch to ready
)

// builtLine changes a line of Go in examples/sms-checker/app.
func builtLine() scenario {
	return scenario{Name: "build-line", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		edits := &note{of: b.id}
		own, err := b.lineByDevloop(ctx, edits)
		if err != nil {
			return nil, err
		}
		floor, err := b.lineByParts(ctx, edits)
		if err != nil {
			return nil, err
		}
		runs := b.size(b.runs, 1)
		return &plan{
			Arms: []arm{b.spread(report.Subject, runs, own), b.spread("floor", runs, floor)},
			Rows: []row{
				{Metric: ready, Work: "a line of Go in examples/sms-checker/app: save to new pods ready", Unit: report.Seconds,
					Targets: []report.Target{{Times: 1.15, Of: "floor"}}},
				{Metric: compiling, Work: "the floor's parts: warm go build", Unit: report.Seconds},
				{Metric: solving, Work: "same: BuildKit", Unit: report.Seconds},
				{Metric: loading, Work: "same: load", Unit: report.Seconds},
				{Metric: starting, Work: "same: patch to new pods ready", Unit: report.Seconds},
			},
		}, nil
	}}
}

// spread is an arm whose runs begin at moments that are spread over the kubelet's
// period evenly; see kubeletPeriod.
func (b *bench) spread(name string, runs int, trial func(ctx context.Context) (sample, error)) arm {
	run := 0
	return arm{name, runs, func(ctx context.Context) (sample, error) {
		run++
		select {
		case <-time.After(kubeletPeriod * time.Duration(run%runs) / time.Duration(runs)):
			return trial(ctx)
		case <-ctx.Done():
			return sample{}, ctx.Err()
		}
	}}
}

func (b *bench) lineByDevloop(ctx context.Context, edits *note) (func(context.Context) (sample, error), error) {
	dir, ns, err := b.smsChecker(ctx, "devloop")
	if err != nil {
		return nil, err
	}
	line, err := lineOf(dir)
	if err != nil {
		return nil, err
	}
	l, err := b.up(ctx, dir)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (sample, error) {
		start, seen, err := b.rollout(ctx, ns, func(context.Context) error { return line.save(b.work, edits.next()) })
		if err != nil {
			return sample{}, err
		}
		it, err := l.next(ctx)
		if err != nil {
			return sample{}, err
		}
		s := sample{Values: values(start, seen), Parts: it.parts(start, seen[0]), Stages: it.stages}
		return s, b.observer.AwaitPods(ctx, ns, smsPods)
	}, nil
}

// lineByParts does what has to be done, by calls of what devloop itself is made
// from, and counts nothing of what lies between the calls.
func (b *bench) lineByParts(ctx context.Context, edits *note) (func(context.Context) (sample, error), error) {
	dir, ns, err := b.smsChecker(ctx, "floor")
	if err != nil {
		return nil, err
	}
	line, err := lineOf(dir)
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
	builder := shop.Builder.With(build.Naming{Project: ns})
	spec := workshop.App(dir, ns+"-app")
	return func(ctx context.Context) (sample, error) {
		s := sample{Values: map[metric]float64{}}
		timed := func(m metric, do func() error) error {
			start := time.Now()
			err := do()
			s.Values[m] = time.Since(start).Seconds()
			return err
		}
		if err := line.save(b.work, edits.next()); err != nil {
			return s, err
		}
		if err := timed(compiling, func() error { return workshop.Compile(ctx, dir) }); err != nil {
			return s, err
		}
		in, err := spec.Inputs(ctx, nil)
		if err != nil {
			return s, err
		}
		var img build.Image
		err = timed(solving, func() (err error) {
			img, err = builder.Build(ctx, spec, in, nil)
			return err
		})
		if err != nil || !img.Built {
			return s, errors.Join(err, fmt.Errorf("build %s: built %v", img.Ref, img.Built))
		}
		if err := timed(loading, func() error { return shop.Target.Load(ctx, img.Ref) }); err != nil {
			return s, err
		}
		start, seen, err := b.rollout(ctx, ns, func(ctx context.Context) error { return workshop.SetImage(ctx, b.client, ns, img.Ref) })
		if err != nil {
			return s, err
		}
		s.Values[starting] = seen[1].Sub(start).Seconds()
		s.Values[ready] = s.Values[compiling] + s.Values[solving] + s.Values[loading] + s.Values[starting]
		return s, b.observer.AwaitPods(ctx, ns, smsPods)
	}, nil
}
