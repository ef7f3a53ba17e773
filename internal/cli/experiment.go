package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/experiment"
	"github.com/devloop-dev/devloop/internal/history"
)

// The report's files, beside the raw data.
const (
	reportMarkdown = "report.md"
	reportPage     = "report.html"
)

func newExperiment(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "experiment",
		Short: "Measure how long changes take until they are verified, and report it",
		Long: `Times the scenarios of a file in each of its arms (devloop, a script, helm, any
command), seen by an observer that is the same for all of them, and says what the
figures allow to claim. Raw data is kept; a report can be made from it again.`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExperimentRun(g), newExperimentReport(), newExperimentCompare(g))
	return cmd
}

type experimentOptions struct {
	rounds    int
	seed      uint64
	scenarios []string
	arms      []string
	out       string
}

func newExperimentRun(g *global) *cobra.Command {
	o := experimentOptions{}
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run an experiment and write its raw data and report",
		Long: `Each arm gets a copy of the project and a namespace of its own; your files stay as
they are, and what was made in the cluster is removed at the end, also after Ctrl-C.
What was measured by then is reported.`,
		Annotations: map[string]string{instead: "the raw data that it writes is JSON, and experiment compare has it"},
		Args:        exactlyOne("FILE", "the experiment's file"),
		RunE:        func(cmd *cobra.Command, args []string) error { return runExperiment(cmd, g, o, args[0]) },
	}
	f := cmd.Flags()
	f.IntVarP(&o.rounds, "rounds", "n", 30, "trials of each scenario in each arm, beside the first")
	f.Uint64Var(&o.seed, "seed", 0, "of the order and the intervals (default: a random one)")
	f.StringSliceVar(&o.scenarios, "scenario", nil, "only these scenarios")
	f.StringSliceVar(&o.arms, "arm", nil, "only these arms")
	f.StringVar(&o.out, "out", "", "folder for the results (default: NAME-DATE-TIME in the current folder)")
	return cmd
}

func runExperiment(cmd *cobra.Command, g *global, o experimentOptions, file string) (err error) {
	spec, err := experiment.Load(file)
	if err != nil {
		return err
	}
	if err := o.known(spec); err != nil {
		return err
	}
	if o.arms, err = possible(spec, o.arms, cmd.ErrOrStderr()); err != nil {
		return err
	}
	kc, _, _, err := (&connector{global: g}).cluster(cmd.Context(), &config.Project{})
	if err != nil {
		return err
	}
	private, err := os.MkdirTemp("", "devloop-experiment-")
	if err != nil {
		return fmt.Errorf("make a folder for the kubeconfig: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	kubeconfig := filepath.Join(private, "kubeconfig")
	if err := experiment.WriteKubeconfig(kubeconfig, g.kubeconfig, kc.Name); err != nil {
		return err
	}
	if o.out == "" {
		o.out = spec.Name + time.Now().Format("-20060102-150405")
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000)
	}
	out := cmd.ErrOrStderr()
	raw, failed := experiment.Do(cmd.Context(), spec, experiment.Options{
		Config: kc.Config, Kubeconfig: kubeconfig, Out: o.out, Rounds: o.rounds, Seed: o.seed,
		Scenarios: o.scenarios, Arms: o.arms, Version: version(),
		Say:    func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) },
		Forget: forget,
	})
	if raw == "" {
		return failed
	}
	err = report(cmd, raw, o.out)
	if failed == nil && err == nil {
		err = keepBaseline(spec, raw)
	}
	if cmd.Context().Err() != nil {
		return errors.Join(errInterrupted, err)
	}
	return errors.Join(failed, err)
}

// known fails on names that the file does not have.
func (o experimentOptions) known(spec *experiment.Spec) error {
	var scenarios, arms []string
	for _, s := range spec.Scenarios {
		scenarios = append(scenarios, s.Name)
	}
	for _, a := range spec.Arms {
		arms = append(arms, a.Name)
	}
	check := func(flag string, given, have []string) error {
		for _, name := range given {
			if !slices.Contains(have, name) {
				return usageError{fmt.Errorf("--%s %s: %s has %s", flag, name, filepath.Base(spec.File), strings.Join(have, ", "))}
			}
		}
		return nil
	}
	if o.rounds < 1 {
		return usageError{fmt.Errorf("--rounds %d: at least 1", o.rounds)}
	}
	return errors.Join(check("scenario", o.scenarios, scenarios), check("arm", o.arms, arms))
}

// possible are the arms asked for, by default all that can be run here.
func possible(spec *experiment.Spec, asked []string, out io.Writer) ([]string, error) {
	for _, a := range spec.Arms {
		if missing := a.Missing(); slices.Contains(asked, a.Name) && len(missing) > 0 {
			return nil, fmt.Errorf("arm %s needs %s, which is not in PATH: install it, or choose other arms with --arm", a.Name, strings.Join(missing, " and "))
		}
	}
	if len(asked) > 0 {
		return asked, nil
	}
	names, why := spec.Possible()
	for _, line := range why {
		fmt.Fprintln(out, line)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no arm can be run here", filepath.Base(spec.File))
	}
	return names, nil
}

func exactlyOne(name, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s %s: give one, %s; there are %d", cmd.CommandPath(), name, what, len(args))}
		}
		return nil
	}
}

// forget removes what a devloop that ran in a folder keeps of it elsewhere.
func forget(dir string) error {
	path, err := digest.CachePath(filepath.Join(dir, config.DefaultFile))
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what is kept of a copy: %w", err)
	}
	return history.Forget(filepath.Join(dir, config.DefaultFile))
}

// keepBaseline keeps what devloop stats holds the project's own changes against.
func keepBaseline(spec *experiment.Spec, raw string) error {
	run, err := experiment.ReadRun(raw)
	if err != nil {
		return err
	}
	arm, seconds := experiment.Summarize(run).Against()
	if len(seconds) == 0 {
		return nil
	}
	b := history.Baseline{Experiment: spec.Name, Arm: arm, Recorded: run.Header.Started, Seconds: seconds}
	return b.Save(filepath.Join(spec.Project, config.DefaultFile))
}
