package cli

import (
	"bytes"
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
	"github.com/devloop-dev/devloop/internal/experiment/page"
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

func newExperimentReport() *cobra.Command {
	return &cobra.Command{
		Use:         "report RUN",
		Short:       "Make the report of a run again from its raw data",
		Annotations: map[string]string{instead: "the run's " + experiment.RawFile + " is JSON, and experiment compare has it"},
		Args:        exactlyOne("RUN", "a run's folder or its "+experiment.RawFile),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw := rawOf(args[0])
			return report(cmd, raw, filepath.Dir(raw))
		},
	}
}

func newExperimentCompare(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "compare BEFORE AFTER",
		Short: "Set two runs side by side",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{fmt.Errorf("%s BEFORE AFTER: give two runs' folders or their %s; there are %d", cmd.CommandPath(), experiment.RawFile, len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var both []*experiment.Summary
			for _, arg := range args {
				run, err := experiment.ReadRun(rawOf(arg))
				if err != nil {
					return err
				}
				both = append(both, experiment.Summarize(run))
			}
			c, err := experiment.Compare(both[0], both[1])
			if err != nil {
				return err
			}
			if g.output == "json" {
				return writeJSON(cmd.OutOrStdout(), c)
			}
			return c.Markdown(cmd.OutOrStdout())
		},
	}
}

// rawOf is the raw data of a run; a folder stands for the file in it.
func rawOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, experiment.RawFile)
	}
	return path
}

// report writes the report and prints the summary.
func report(cmd *cobra.Command, raw, dir string) error {
	run, err := experiment.ReadRun(raw)
	if err != nil {
		return err
	}
	summary := experiment.Summarize(run)
	if err := writeTo(filepath.Join(dir, reportMarkdown), summary.Markdown); err != nil {
		return err
	}
	draw := func(w io.Writer) error { return page.Write(w, summary) }
	if err := writeTo(filepath.Join(dir, reportPage), draw); err != nil {
		return err
	}
	if err := summary.Markdown(cmd.OutOrStdout()); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "\nwritten to %s: %s, %s, %s\n", dir, experiment.RawFile, reportMarkdown, reportPage)
	return nil
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

func writeTo(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
