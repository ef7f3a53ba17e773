package main

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// oneOf2000 edits the template of one config map of 2,000, and looks at the
// memory that so many objects cost.
func oneOf2000() scenario {
	return scenario{Name: "configmaps-2000", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n := b.size(2000, 120)
		arms, err := b.noteArms(ctx, project.ConfigMaps(n), n, b.slow)
		return &plan{Arms: arms, Rows: []row{
			{Metric: written, Work: fmt.Sprintf("1 of %d ConfigMaps edited: save to written", n), Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.25}}},
			{Metric: memory, Work: "same: resident memory after the edit", Unit: report.Megabytes,
				Targets: []report.Target{{Most: 150, Always: true}}},
		}}, err
	}}
}
