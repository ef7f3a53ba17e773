package experiment

import (
	"fmt"
	"io"
	"strings"

	"github.com/devloop-dev/devloop/internal/stat"
)

// Compare writes two runs side by side: each step in each arm that both have, and
// how long it takes in the second as a share of the first, with the 95 % interval of
// a bootstrap over both. Their rounds are no pairs: what slowed one run did not
// slow the other, so a difference can also be one of the machine.
func Compare(w io.Writer, before, after *Summary) error {
	var b strings.Builder
	a, z := before.Run.Header, after.Run.Header
	fmt.Fprintf(&b, "| | before | after |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| run | %s, %s | %s, %s |\n", a.Name, a.Started.Format("2006-01-02 15:04 MST"), z.Name, z.Started.Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "| commit | %s | %s |\n", orNone(a.Git.Commit), orNone(z.Git.Commit))
	fmt.Fprintf(&b, "| machine | %s | %s |\n", a.Machine, z.Machine)
	lowA, highA := before.load()
	lowZ, highZ := after.load()
	fmt.Fprintf(&b, "| load | %.1f to %.1f | %.1f to %.1f |\n", lowA, highA, lowZ, highZ)
	b.WriteString("\n| scenario | arm | n before | n after | median before | median after | after / before | 95 % interval | |\n|---|---|---|---|---|---|---|---|---|\n")
	found := false
	for _, old := range before.Steps {
		now := after.step(old.Key())
		if now == nil {
			continue
		}
		for _, c := range old.Arms {
			d := now.cell(c.Arm)
			if d == nil || len(c.Trials) == 0 || len(d.Trials) == 0 {
				continue
			}
			found = true
			value, in := change(a.Seed, c, *d)
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %s | %s | %s to %s | %s |\n", old.Key(), c.Arm, len(c.Trials), len(d.Trials),
				c.Median, d.Median, share(value), share(in.Low), share(in.High), direction(in, min(len(c.Trials), len(d.Trials))))
		}
	}
	if !found {
		return fmt.Errorf("the runs %s and %s have no scenario and arm in common", a.Name, z.Name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Summary) step(key string) *StepSummary {
	for i := range s.Steps {
		if s.Steps[i].Key() == key {
			return &s.Steps[i]
		}
	}
	return nil
}

// change is the ratio of the medians and its interval; what censored trials leave
// open makes the interval wider.
func change(seed uint64, before, after Cell) (float64, stat.Interval) {
	of := func(above, below stat.Series) func(a, b []int) float64 {
		return func(a, b []int) float64 { return divide(above.Pick(a).Median(), below.Pick(b).Median()) }
	}
	n, m := len(after.Trials), len(before.Trials)
	high := of(after.series(most), before.series(least))
	low := of(after.series(least), before.series(most))
	return high(upTo(n), upTo(m)), stat.Interval{
		Low:  stat.BootstrapTwo(seed, resamples, n, m, low).Low,
		High: stat.BootstrapTwo(seed, resamples, n, m, high).High,
	}
}

func direction(in stat.Interval, n int) string {
	switch {
	case n < fewest:
		return fmt.Sprintf("too few: %d are needed", fewest)
	case in.High < 1:
		return "faster"
	case in.Low > 1:
		return "slower"
	}
	return "no difference shown"
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
