package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/devloop-dev/devloop/internal/stat"
	"github.com/devloop-dev/devloop/test/bench/report"
)

const (
	// personsPace is the pause before each run. A person does not save faster,
	// and every watcher takes what is saved faster for one burst.
	personsPace = 350 * time.Millisecond
	// patience is how long one run may take.
	patience = 3 * time.Minute
	// cleaning is how long the removal of what a scenario made may take.
	cleaning = 3 * time.Minute
)

// scenario prepares and runs one scenario, adds its rows and removes it.
func (b *bench) scenario(ctx context.Context, s scenario, rep *report.Report) (err error) {
	defer func() {
		err = errors.Join(err, b.end())
		// With -quick all is removed at once in the end: a namespace takes several
		// seconds to go, and what is left in it disturbs no figure that is judged.
		if !b.quick {
			err = errors.Join(err, b.clear(ctx))
		}
	}()
	if s.Measure != nil {
		b.say("%s: measuring", s.Name)
		rows, err := s.Measure(ctx, b)
		rep.Rows = append(rep.Rows, rows...)
		return err
	}
	b.say("%s: preparing", s.Name)
	p, err := s.Prepare(ctx, b)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	samples, err := b.mixed(ctx, s.Name, p.Arms)
	if err != nil {
		return err
	}
	rep.Rows = append(rep.Rows, p.rows(s.Name, samples)...)
	if parts, ok := meanwhile(s.Name, samples[report.Subject]); ok {
		rep.Parts = append(rep.Parts, parts)
	}
	return nil
}

// mixed runs all runs of all arms in a random order.
func (b *bench) mixed(ctx context.Context, name string, arms []arm) (map[string][]sample, error) {
	var order []int
	for i, a := range arms {
		for range a.Runs {
			order = append(order, i)
		}
	}
	b.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	samples := map[string][]sample{}
	for n, i := range order {
		b.progress("%s: run %d of %d", name, n+1, len(order))
		select {
		case <-time.After(b.pace):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		run, cancel := context.WithTimeout(ctx, patience)
		s, err := arms[i].Trial(run)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("arm %s, run %d: %w", arms[i].Name, len(samples[arms[i].Name])+1, err)
		}
		samples[arms[i].Name] = append(samples[arms[i].Name], s)
	}
	b.say("%s: done", name)
	return samples, nil
}

// rows takes the values of each row's metric out of the samples.
func (p *plan) rows(scenario string, samples map[string][]sample) []report.Row {
	var out []report.Row
	for _, r := range p.Rows {
		row := report.Row{Scenario: scenario, Work: r.Work, Unit: r.Unit, Targets: r.Targets, Samples: map[string]stat.Series{}}
		for _, a := range p.Arms {
			for _, s := range samples[a.Name] {
				if v, ok := s.Values[r.Metric]; ok {
					row.Samples[a.Name] = append(row.Samples[a.Name], v)
				}
			}
			if len(row.Samples[a.Name]) > 0 {
				row.Arms = append(row.Arms, a.Name)
			}
		}
		out = append(out, row)
	}
	return out
}

// meanwhile is the median of each part and stage of devloop's runs.
func meanwhile(scenario string, samples []sample) (report.Parts, bool) {
	parts, stages := make([]stat.Series, len(partNames)), map[string]stat.Series{}
	for _, s := range samples {
		for i, v := range s.Parts {
			parts[i] = append(parts[i], v)
		}
		for name, v := range s.Stages {
			stages[name] = append(stages[name], v)
		}
	}
	out := report.Parts{Scenario: scenario}
	for i, name := range partNames {
		if len(parts[i]) > 0 {
			out.Parts = append(out.Parts, report.Duration{Name: name, Seconds: parts[i].Median()})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		out.Stages = append(out.Stages, report.Duration{Name: name, Seconds: stages[name].Median()})
	}
	return out, len(out.Parts) > 0
}
