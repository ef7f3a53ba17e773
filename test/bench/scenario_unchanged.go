package main

import (
	"context"
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// unchanged starts a new process on a project that is in sync already.
func unchanged() scenario {
	return scenario{Name: "unchanged-500", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n := b.size(500, 60)
		chart := project.ConfigMaps(n)
		ns, err := b.namespace(ctx, "devloop")
		if err != nil {
			return nil, err
		}
		dir, err := b.folder("devloop")
		if err != nil {
			return nil, err
		}
		config := project.Config("bench", "", project.Release{Name: release, Namespace: ns, Chart: "chart"})
		if err := chart.Under("chart").With(project.Files{"devloop.yaml": config}).Write(dir); err != nil {
			return nil, err
		}
		once := func(ctx context.Context) error { return b.once(ctx, dir) }
		if err := once(ctx); err != nil {
			return nil, err
		}
		helmNS, helmDir, err := b.installed(ctx, "helm", chart)
		if err != nil {
			return nil, err
		}
		upgrade := func(ctx context.Context) error {
			return b.runHelm(ctx, "upgrade", release, helmDir, "--namespace", helmNS)
		}
		return &plan{
			Arms: []arm{
				{report.Subject, b.runs, func(ctx context.Context) (sample, error) { return b.again(ctx, ns, once) }},
				{"helm", b.slow, func(ctx context.Context) (sample, error) { return b.again(ctx, helmNS, upgrade) }},
			},
			Rows: []row{
				{Metric: insync, Work: fmt.Sprintf("%d objects unchanged, a new process: start to in sync", n), Unit: report.Seconds,
					Targets: []report.Target{{Most: 0.4}}},
				{Metric: writes, Work: "same: writes of ConfigMaps and Secrets counted by the API server, everyone's", Unit: report.Count,
					Targets: []report.Target{{Most: 0, Always: true}}},
				{Metric: touched, Work: "same: objects and release records written or new", Unit: report.Count,
					Targets: []report.Target{{Most: 0, Always: true}}},
			},
		}, nil
	}}
}

// again times a process and counts what was written to its namespace.
func (b *bench) again(ctx context.Context, namespace string, process func(context.Context) error) (sample, error) {
	before, err := b.observer.Versions(ctx, namespace)
	if err != nil {
		return sample{}, err
	}
	counted, err := b.observer.Writes(ctx)
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	if err := process(ctx); err != nil {
		return sample{}, err
	}
	took := time.Since(start)
	recounted, err := b.observer.Writes(ctx)
	if err != nil {
		return sample{}, err
	}
	after, err := b.observer.Versions(ctx, namespace)
	if err != nil {
		return sample{}, err
	}
	return sample{Values: map[metric]float64{
		insync: took.Seconds(), writes: recounted - counted, touched: differing(before, after),
	}}, nil
}
