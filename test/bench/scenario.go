package main

import (
	"context"

	"github.com/devloop-dev/devloop/test/bench/report"
)

// scenario is one project and the work that is measured on it.
type scenario struct {
	Name string // for -only
	// Prepare deploys the project, in each arm, and says what to run. What it
	// made is removed by what it has registered with bench.later.
	Prepare func(ctx context.Context, b *bench) (*plan, error)
	// Measure, in place of Prepare, does all of it.
	Measure func(ctx context.Context, b *bench) ([]report.Row, error)
}

// scenarios are all of them, in the order of the table.
func scenarios() []scenario {
	return []scenario{
		oneOf500(),
		replicas(),
		unchanged(),
		umbrella(),
		releases(),
		oneOf2000(),
		example(),
		watched(),
		starts(),
		checkout(),
		builtLine(),
		builtSame(),
		builtNothing(),
		builtLarge(),
		builtTogether(),
		syncedFile(),
		followed(),
		changes(),
	}
}

func names() []string {
	var out []string
	for _, s := range scenarios() {
		out = append(out, s.Name)
	}
	return out
}

// plan is what is run and shown of a scenario.
type plan struct {
	Arms []arm // the order of the table; report.Subject first
	Rows []row
}

// arm is one way to do the work.
type arm struct {
	Name  string
	Runs  int
	Trial func(ctx context.Context) (sample, error)
}

// row is one thing that is measured.
type row struct {
	Metric  metric
	Work    string
	Unit    report.Unit
	Targets []report.Target
}

// metric names a value of a sample.
type metric string

const (
	written metric = "written" // seconds from the save until the API server has it
	ready   metric = "ready"   // seconds from the save until the pods are ready
	insync  metric = "in sync" // seconds from the start of a process until it says so by ending
	memory  metric = "memory"  // resident megabytes of the process, after the run
	writes  metric = "writes"  // the API server's count of writes
	touched metric = "touched" // objects that are new or have another resourceVersion
)

// sample is one run. Parts are how long each of partNames took in devloop and
// Stages what devloop itself says of its stages, in seconds; nil in other arms.
type sample struct {
	Values map[metric]float64
	Parts  []float64
	Stages map[string]float64
}
