package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/devloop-dev/devloop/internal/experiment"
	"github.com/devloop-dev/devloop/internal/stat"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// changesFile is the experiment that is run, from the root of the repository.
const changesFile = "examples/sms-checker/experiments/mttv.yaml"

// changesRounds are fewer than a claim needs: its setup.sh arm takes a minute a round.
// make experiment runs thirty.
const changesRounds = 5

// changes are the scenarios of the example's experiment, in all of its arms that this
// machine can run.
func changes() scenario {
	return scenario{Name: "changes", Measure: func(ctx context.Context, b *bench) ([]report.Row, error) {
		out, err := b.folder("experiment")
		if err != nil {
			return nil, err
		}
		tools, err := b.armsInPath(ctx)
		if err != nil {
			return nil, err
		}
		args := []string{"experiment", "run", changesFile, "--out", filepath.Join(out, "run"), "--seed", fmt.Sprint(b.seed)}
		if b.quick {
			args = append(args, "--rounds", "1", "--scenario", "A", "--arm", "devloop,script")
		} else {
			args = append(args, "--rounds", fmt.Sprint(changesRounds))
		}
		cmd := exec.CommandContext(ctx, b.devloop, args...)
		cmd.Env = append(os.Environ(), "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"))
		cmd.Stderr = b.out
		// Ctrl-C reaches it, too, and it removes what it made.
		cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(syscall.SIGTERM) }, cleaning
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("run %s: %w", changesFile, err)
		}
		run, err := experiment.ReadRun(filepath.Join(out, "run", experiment.RawFile))
		if err != nil {
			return nil, err
		}
		return changeRows(experiment.Summarize(run))
	}}
}

// armsInPath is a folder with the helm that is measured, under that name, and the floor.
func (b *bench) armsInPath(ctx context.Context) (string, error) {
	dir, err := b.folder("bin")
	if err != nil {
		return "", err
	}
	if err := os.Symlink(b.helmBinary, filepath.Join(dir, "helm")); err != nil {
		return "", fmt.Errorf("give the arms helm: %w", err)
	}
	out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "sms-checker-floor"), "./test/bench/floor").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the floor: %w: %s", err, out)
	}
	return dir, nil
}

// changeRows are a run's trials without the first ones, each verified.
func changeRows(s *experiment.Summary) ([]report.Row, error) {
	var rows []report.Row
	var failed []error
	for _, step := range s.Steps {
		row := report.Row{Scenario: "changes", Work: step.Key() + ": " + step.Title, Unit: report.Seconds, Samples: map[string]stat.Series{}}
		switch step.Key() {
		case "A":
			row.Targets = []report.Target{{Most: 15}}
		case "B":
			row.Targets = []report.Target{{Most: 10}}
		}
		for _, cell := range step.Arms {
			for _, t := range cell.Trials {
				if t.Outcome != experiment.Seen {
					failed = append(failed, fmt.Errorf("%s in arm %s, round %d: %s: %s", step.Key(), cell.Arm, t.Round, t.Outcome, t.Error))
					continue
				}
				row.Samples[cell.Arm] = append(row.Samples[cell.Arm], t.Seconds)
			}
			if len(row.Samples[cell.Arm]) > 0 {
				row.Arms = append(row.Arms, cell.Arm)
			}
		}
		rows = append(rows, row)
	}
	return rows, errors.Join(failed...)
}
