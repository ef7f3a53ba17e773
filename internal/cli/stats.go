package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/experiment"
	"github.com/devloop-dev/devloop/internal/history"
)

func newStats(g *global) *cobra.Command {
	days := 30
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Say how long changes of this project took until they were verified",
		Long: `Goes by what devloop up kept of each change: the time for each kind of change and day,
the slowest stages, how many changes needed no build, and the time saved against the
arm that an experiment on this project was compared with.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return showStats(cmd, g, days) },
	}
	cmd.Flags().IntVar(&days, "days", days, "how far to look back")
	return cmd
}

func showStats(cmd *cobra.Command, g *global, days int) error {
	file, err := g.path()
	if err != nil {
		return err
	}
	if days < 1 {
		return usageError{fmt.Errorf("--days %d: at least 1", days)}
	}
	path, err := history.Path(file)
	if err != nil {
		return err
	}
	entries, err := history.Read(path, time.Now().AddDate(0, 0, -days))
	if err != nil {
		return err
	}
	baseline, err := history.LoadBaseline(file)
	if err != nil {
		return err
	}
	s := history.Work(entries, baseline)
	if g.output == "json" {
		return writeJSON(cmd.OutOrStdout(), s)
	}
	if len(entries) == 0 {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "nothing is known of %s in the last %d days: devloop up keeps what comes of each change\n", file, days)
		return err
	}
	return drawStats(cmd.OutOrStdout(), s)
}

func drawStats(out io.Writer, s history.Stats) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s to %s: %d changes live, %d failed, %d superseded; %d saves changed no content\n\n",
		s.From.Local().Format(time.DateOnly), s.To.Local().Format(time.DateOnly), s.Changes, s.Failed, s.Superseded, s.Untouched)
	fmt.Fprintln(w, "CHANGE\tN\tMEDIAN\tP95\tMEAN")
	for _, k := range s.Kinds {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", k.Kind, k.N, experiment.Seconds(k.Median), experiment.Seconds(k.P95), experiment.Seconds(k.Mean))
	}
	if len(s.Days) > 0 {
		fmt.Fprintln(w, "\nDAY\tCHANGES\tMEDIAN\t")
	}
	longest := 0.0
	for _, d := range s.Days {
		longest = max(longest, d.Median)
	}
	for _, d := range s.Days {
		bar := 0.0
		if longest > 0 {
			bar = math.Ceil(24 * d.Median / longest)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", d.Date, d.N, experiment.Seconds(d.Median), strings.Repeat("▇", int(bar)))
	}
	if len(s.Stages) > 0 {
		fmt.Fprintln(w, "\nSTAGE\tSHARE\tMEDIAN")
	}
	for _, p := range s.Stages {
		fmt.Fprintf(w, "%s\t%.0f %%\t%s\n", p.Name, 100*p.Share, experiment.Seconds(p.Median))
	}
	fmt.Fprintf(w, "\nno build was needed for %d of %d changes\n", s.NoBuild, s.Changes)
	if s.Saved != nil {
		fmt.Fprintf(w, "saved %s in %d changes against %s, as measured by experiment %s on %s\n", time.Duration(s.Saved.Seconds*float64(time.Second)).Round(time.Second),
			s.Saved.Changes, s.Saved.Baseline.Arm, s.Saved.Baseline.Experiment, s.Saved.Baseline.Recorded.Local().Format(time.DateOnly))
	}
	return w.Flush()
}

// keepHistory adds the history of a project to a sink. That it cannot be kept is no
// reason not to work.
func keepHistory(file string, emit event.Sink) (event.Sink, func() error) {
	tell := func(err error) { emit(event.Notice{Text: err.Error() + "; devloop stats will lack it"}) }
	path, err := history.Path(file)
	if err == nil {
		var w *history.Writer
		if w, err = history.Open(path, time.Now, tell); err == nil {
			return event.Tee(emit, w.Observe), w.Close
		}
	}
	tell(err)
	return emit, func() error { return nil }
}
