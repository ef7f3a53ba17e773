package main

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// oneOf500 edits the template of one config map of 500.
func oneOf500() scenario {
	return scenario{Name: "configmaps-500", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n := b.size(500, 60)
		arms, err := b.noteArms(ctx, project.ConfigMaps(n), n, b.slow)
		return &plan{Arms: arms, Rows: []row{{
			Metric: written, Work: fmt.Sprintf("1 of %d ConfigMaps edited: save to written", n), Unit: report.Seconds,
			Targets: []report.Target{{Most: 0.10}, {Times: 1. / 40, Of: "helm"}},
		}}}, err
	}}
}
