package main

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// alone is the arm of a project with a single release.
const alone = "devloop, 1 release"

// releases edits a chart of one release of 20, and of a project that has only
// one such release.
func releases() scenario {
	return scenario{Name: "releases-20", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n, edits := b.size(20, 5), &note{}
		many, err := b.releaseArm(ctx, report.Subject, n, edits)
		if err != nil {
			return nil, err
		}
		one, err := b.releaseArm(ctx, alone, 1, edits)
		if err != nil {
			return nil, err
		}
		floor, err := b.floorOfNotes(ctx, edits)
		return &plan{Arms: []arm{many, one, floor}, Rows: []row{{
			Metric: written, Work: fmt.Sprintf("%d releases of 5 objects, a template of one edited: save to written", n),
			Unit: report.Seconds, Targets: []report.Target{{Times: 1.2, Of: alone}},
		}}}, err
	}}
}

// releaseArm is a running devloop on a project of n small releases, each with a
// chart of its own.
func (b *bench) releaseArm(ctx context.Context, name string, n int, edits *note) (arm, error) {
	ns, err := b.namespace(ctx, fmt.Sprintf("releases-%d", n))
	if err != nil {
		return arm{}, err
	}
	dir, err := b.folder("releases")
	if err != nil {
		return arm{}, err
	}
	files, list := project.Files{}, []project.Release{}
	for i := range n {
		r := fmt.Sprintf("r%02d", i)
		files.With(project.Small().Under(r))
		list = append(list, project.Release{Name: r, Namespace: ns, Chart: r})
	}
	files["devloop.yaml"] = project.Config("bench", "", list...)
	if err := files.Write(dir); err != nil {
		return arm{}, err
	}
	l, err := b.up(ctx, dir)
	return arm{name, b.runs, func(ctx context.Context) (sample, error) {
		r := list[b.random.IntN(n)].Name
		return b.saved(ctx, l, dir+"/"+r, noted(ns, r, 0, edits.next()))
	}}, err
}
