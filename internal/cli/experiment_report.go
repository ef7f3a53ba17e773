package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/experiment"
	"github.com/devloop-dev/devloop/internal/experiment/page"
)

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
