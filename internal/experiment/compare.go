package experiment

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/stat"
)

// Comparison is two runs side by side: each step in each arm that both have, and
// how long it takes in the second as a share of the first, with the 95 % interval of
// a bootstrap over both. Their rounds are no pairs: what slowed one run did not
// slow the other, so a difference can also be one of the machine.
type Comparison struct {
	Before   ComparedRun  `json:"before"`
	After    ComparedRun  `json:"after"`
	Compared []Difference `json:"compared"`
}

// ComparedRun is what is to be known of a run beside its figures.
type ComparedRun struct {
	Name    string     `json:"name"`
	Started time.Time  `json:"started"`
	Git     Git        `json:"git"`
	Machine Machine    `json:"machine"`
	Load    [2]float64 `json:"load"` // the machine's load average of the last minute, from and to
}

// Difference is how a step changed in an arm.
type Difference struct {
	Scenario string   `json:"scenario"` // with its step, as in A/1
	Arm      string   `json:"arm"`
	Before   Sample   `json:"before"`
	After    Sample   `json:"after"`
	Ratio    *float64 `json:"ratio"` // after / before; null: endless, as after was not verified in time
	// The ends of the interval; null: endless.
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	Verdict string   `json:"verdict"` // faster, slower, no difference shown, too few trials
}

// Sample is how often a step was timed, and the median.
type Sample struct {
	Trials int     `json:"trials"`
	Median float64 `json:"median_seconds"`
	// AtLeast: trials that were not verified in time leave open how much more it is.
	AtLeast bool `json:"at_least,omitempty"`
}

// The verdicts of a comparison.
const (
	faster   = "faster"
	slower   = "slower"
	notShown = "no difference shown"
	tooFew   = "too few trials"
)

// Compare sets two runs side by side. It fails when they have nothing in common.
func Compare(before, after *Summary) (*Comparison, error) {
	c := &Comparison{Before: before.compared(), After: after.compared()}
	for _, old := range before.Steps {
		now := after.step(old.Key())
		if now == nil {
			continue
		}
		for _, a := range old.Arms {
			z := now.cell(a.Arm)
			if z == nil || len(a.Trials) == 0 || len(z.Trials) == 0 {
				continue
			}
			value, in := change(before.Run.Header.Seed, a, *z)
			c.Compared = append(c.Compared, Difference{Scenario: old.Key(), Arm: a.Arm, Before: a.sample(), After: z.sample(),
				Ratio: finite(value), Low: finite(in.Low), High: finite(in.High), Verdict: direction(in, min(len(a.Trials), len(z.Trials)))})
		}
	}
	if len(c.Compared) == 0 {
		return nil, fmt.Errorf("the runs %s and %s have no scenario and arm in common", c.Before.Name, c.After.Name)
	}
	return c, nil
}

func (s *Summary) compared() ComparedRun {
	h := s.Run.Header
	low, high := s.load()
	return ComparedRun{Name: h.Name, Started: h.Started, Git: h.Git, Machine: h.Machine, Load: [2]float64{low, high}}
}

func (c Cell) sample() Sample {
	return Sample{Trials: len(c.Trials), Median: c.Median.Value, AtLeast: c.Median.AtLeast}
}

// finite is a number as JSON can have it: nil for one that is endless.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

func endless(v *float64) float64 {
	if v == nil {
		return math.Inf(1)
	}
	return *v
}

// Markdown writes it as tables.
func (c *Comparison) Markdown(w io.Writer) error {
	var b strings.Builder
	a, z := c.Before, c.After
	fmt.Fprintf(&b, "| | before | after |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| run | %s, %s | %s, %s |\n", a.Name, a.Started.Format("2006-01-02 15:04 MST"), z.Name, z.Started.Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "| commit | %s | %s |\n", orNone(a.Git.Commit), orNone(z.Git.Commit))
	fmt.Fprintf(&b, "| machine | %s | %s |\n", a.Machine, z.Machine)
	fmt.Fprintf(&b, "| load | %.1f to %.1f | %.1f to %.1f |\n", a.Load[0], a.Load[1], z.Load[0], z.Load[1])
	b.WriteString("\n| scenario | arm | n before | n after | median before | median after | after / before | 95 % interval | |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, d := range c.Compared {
		verdict := d.Verdict
		if verdict == tooFew {
			verdict = fmt.Sprintf("too few: %d are needed", fewest)
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %s | %s | %s to %s | %s |\n", d.Scenario, d.Arm, d.Before.Trials, d.After.Trials,
			Bound{d.Before.Median, d.Before.AtLeast}, Bound{d.After.Median, d.After.AtLeast},
			share(endless(d.Ratio)), share(endless(d.Low)), share(endless(d.High)), verdict)
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
		return tooFew
	case in.High < 1:
		return faster
	case in.Low > 1:
		return slower
	}
	return notShown
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
