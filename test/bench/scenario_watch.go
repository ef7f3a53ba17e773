package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/machine"
	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

const (
	// settleTime is what devloop waits for after a single save, to see whether it
	// is over. The rows are about what comes on top of it.
	settleTime = 25 * time.Millisecond
	// idleTime is how long nothing happens while the CPU time is counted.
	idleTime = 20 * time.Second
)

// planned is seconds from the save until the plan is ready, without the settle
// time; idle is seconds of CPU time in idleTime.
const (
	planned metric = "planned"
	idle    metric = "idle"
)

// watched saves a file among many that are watched.
func watched() scenario {
	return scenario{Name: "watch-100000", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n := b.size(100_000, 2000)
		dir, err := b.sources(ctx, n)
		if err != nil {
			return nil, err
		}
		l, err := b.up(ctx, dir)
		if err != nil {
			return nil, err
		}
		edits, runs := &note{}, 0
		trial := func(ctx context.Context) (sample, error) {
			s := sample{Values: map[metric]float64{}}
			if runs++; runs <= 3 { // each takes its time
				if err := b.rest(ctx, l, s); err != nil {
					return s, err
				}
			}
			return s, b.plans(ctx, l, s, filepath.Join(dir, "image", project.Source(b.random.IntN(n))), edits.next())
		}
		return &plan{Arms: []arm{{report.Subject, b.runs, trial}}, Rows: []row{
			{Metric: planned, Work: fmt.Sprintf("1 of %s sources saved: to the plan, over the settle time", thousands(n)), Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.02}}},
			{Metric: memory, Work: "same: resident memory after the plan's work", Unit: report.Megabytes,
				Targets: []report.Target{{Most: 150, Always: true}}},
			{Metric: idle, Work: fmt.Sprintf("%s files watched, nothing happens for %s: CPU time", thousands(n), idleTime), Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.001 * idleTime.Seconds()}}},
		}}, nil
	}}
}

// example saves a file of examples/sms-checker.
func example() scenario {
	return scenario{Name: "watch-sms-checker", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		dir, _, err := b.smsChecker(ctx, "devloop")
		if err != nil {
			return nil, err
		}
		l, err := b.up(ctx, dir)
		if err != nil {
			return nil, err
		}
		values := filepath.Join(dir, filepath.FromSlash(valuesFile))
		text, err := read(values)
		if err != nil {
			return nil, err
		}
		edits := &note{}
		return &plan{
			Arms: []arm{{report.Subject, b.runs, func(ctx context.Context) (sample, error) {
				s := sample{Values: map[metric]float64{}}
				return s, b.plans(ctx, l, s, values, text+"# "+edits.next()+"\n")
			}}},
			Rows: []row{
				{Metric: planned, Work: "sms-checker, a values file saved: to the plan, over the settle time", Unit: report.Seconds,
					Targets: []report.Target{{Most: 0.005}}},
				{Metric: memory, Work: "same: resident memory after the plan's work", Unit: report.Megabytes,
					Targets: []report.Target{{Most: 80, Always: true}}},
			},
		}, nil
	}}
}

// plans saves a file and times the plan that devloop makes of it.
func (b *bench) plans(ctx context.Context, l *loop, s sample, path, text string) error {
	// What devloop does about the last run goes on after it has said so.
	start := time.Now()
	if err := project.Save(b.work, path, text); err != nil {
		return err
	}
	it, err := l.next(ctx)
	if err != nil {
		return err
	}
	s.Values[planned] = between(start, it.planned) - settleTime.Seconds()
	bytes, known, err := machine.Resident(l.cmd.Process.Pid)
	if known {
		s.Values[memory] = bytes / 1e6
	}
	return err
}

// rest counts the CPU time that devloop takes while nothing happens.
func (b *bench) rest(ctx context.Context, l *loop, s sample) error {
	span := idleTime
	if b.quick {
		span /= 10
	}
	before, known, err := cpuTime(l.cmd.Process.Pid)
	if err != nil || !known {
		return err
	}
	select {
	case <-time.After(span):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, _, err := cpuTime(l.cmd.Process.Pid)
	s.Values[idle] = (after - before).Seconds() * float64(idleTime) / float64(span)
	return err
}

// between is how many seconds lie between two readings of this machine's clock, of
// which one came in an event.
func between(a, b time.Time) float64 { return b.Round(0).Sub(a.Round(0)).Seconds() }

// thousands prints 100000 as 100,000.
func thousands(n int) string {
	text := fmt.Sprint(n)
	var parts []string
	for ; len(text) > 3; text = text[:len(text)-3] {
		parts = append([]string{text[len(text)-3:]}, parts...)
	}
	return strings.Join(append([]string{text}, parts...), ",")
}
