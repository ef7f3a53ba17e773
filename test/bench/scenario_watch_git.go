package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// told is seconds from the end of git until devloop takes the change for over;
// iterations is how many it makes of it.
const (
	told       metric = "told"
	iterations metric = "iterations"
)

// checkout switches between two branches in which many files differ.
func checkout() scenario {
	return scenario{Name: "watch-git", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		n := b.size(5000, 500)
		dir, err := b.sources(ctx, n)
		if err != nil {
			return nil, err
		}
		steps := [][]string{{"init", "-q", "-b", "one"}, {"add", "."}, {"commit", "-q", "-m", "one"}, {"checkout", "-q", "-b", "two"}}
		for _, args := range steps {
			if err := git(ctx, dir, args...); err != nil {
				return nil, err
			}
		}
		for i := range n {
			path := filepath.Join(dir, "image", filepath.FromSlash(project.Source(i)))
			if err := os.WriteFile(path, []byte("another branch\n"), 0o644); err != nil {
				return nil, fmt.Errorf("write another branch: %w", err)
			}
		}
		if err := git(ctx, dir, "commit", "-q", "-a", "-m", "two"); err != nil {
			return nil, err
		}
		l, err := b.up(ctx, dir)
		if err != nil {
			return nil, err
		}
		branch := "two"
		trial := func(ctx context.Context) (sample, error) {
			branch = map[string]string{"one": "two", "two": "one"}[branch]
			return b.switched(ctx, l, dir, branch)
		}
		return &plan{Arms: []arm{{report.Subject, b.runs, trial}}, Rows: []row{
			{Metric: iterations, Work: fmt.Sprintf("git checkout changes %s files: iterations", thousands(n)), Unit: report.Count,
				Targets: []report.Target{{Most: 1, Always: true}}},
			{Metric: told, Work: "same: end of git to settled", Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.03}}},
		}}, nil
	}}
}

func (b *bench) switched(ctx context.Context, l *loop, dir, branch string) (sample, error) {
	if err := git(ctx, dir, "checkout", "-q", branch); err != nil {
		return sample{}, err
	}
	ended := time.Now()
	it, err := l.next(ctx)
	if err != nil {
		return sample{}, err
	}
	settled := it.saved.Add(time.Duration(it.stages["settle"] * float64(time.Second)))
	s := sample{Values: map[metric]float64{iterations: 1, told: max(0, between(ended, settled))}}
	// What else came of it: nothing that came later than the pause of a person.
	for {
		select {
		case <-l.told:
			s.Values[iterations]++
		case <-time.After(personsPace):
			return s, nil
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

func git(ctx context.Context, dir string, args ...string) error {
	own := []string{"-C", dir, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0"}
	cmd := exec.CommandContext(ctx, "git", append(own, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}
