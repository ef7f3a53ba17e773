package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText prints the report for a terminal.
func (r Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WORK\tARM\tN\tMEDIAN\tP95\tTO DEVLOOP\tTARGET")
	for _, l := range r.lines() {
		fmt.Fprintln(t, strings.Join([]string{l.work, l.arm, l.n, l.median, l.p95, l.ratio, l.target}, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range r.Parts {
		fmt.Fprintf(w, "\nwhere devloop's time goes, %s: %s (its own stages: %s)\n", p.Scenario, inWords(p.Parts), inWords(p.Stages))
	}
	_, err := fmt.Fprintf(w, "\n%s; seed %d; load average before the first scenario %.1f\n", r.Machine, r.Seed, r.firstLoad())
	return err
}

// firstLoad is the load before the benchmark itself made any.
func (r Report) firstLoad() float64 {
	if len(r.Rows) == 0 {
		return 0
	}
	return r.Load[r.Rows[0].Scenario]
}

// inWords is a list of durations in one line.
func inWords(list []Duration) string {
	var words []string
	for _, d := range list {
		words = append(words, fmt.Sprintf("%s %.0f ms", d.Name, d.Seconds*1000))
	}
	return strings.Join(words, ", ")
}
