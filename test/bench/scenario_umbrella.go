package main

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// umbrella edits one of a project's own templates; around it are vendored
// subcharts and large custom resource definitions.
func umbrella() scenario {
	return scenario{Name: "umbrella", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		group := "b" + b.id + ".bench.example.com"
		size := b.size(5_000_000, 500_000)
		chart, err := project.Umbrella(size, group)
		if err != nil {
			return nil, err
		}
		b.removeDefinitions(group)
		arms, err := b.noteArms(ctx, chart, 6, min(b.runs, 10))
		return &plan{Arms: arms, Rows: []row{
			{Metric: written, Unit: report.Seconds,
				Work:    fmt.Sprintf("about 100 objects, %.1f MB of CRDs, vendored subcharts, one template edited: save to written", float64(size)/1e6),
				Targets: []report.Target{{Most: 0.20}}},
			{Metric: memory, Work: "same: resident memory after the edit", Unit: report.Megabytes},
		}}, err
	}}
}
