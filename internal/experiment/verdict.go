package experiment

import (
	"fmt"
	"slices"

	"github.com/devloop-dev/devloop/internal/stat"
)

// Verdict is a claim held against the interval.
type Verdict struct {
	Text  string
	Shown bool
	Why   string
}

// judge holds a claim against the data: it is shown only when the whole interval
// says so.
func (s *Summary) judge(c Claim) []Verdict {
	if c.Together > 0 {
		return s.together(c)
	}
	var out []Verdict
	for _, step := range s.Steps {
		if len(c.Scenarios) > 0 && !slices.Contains(c.Scenarios, step.Scenario) {
			continue
		}
		for _, r := range step.Ratios {
			if r.Arm != c.Arm || r.Against != c.Against {
				continue
			}
			value, low, high := r.Less()
			out = append(out, verdict(fmt.Sprintf("%s: %s takes at least %s %% less than %s", step.Key(), c.Arm, number(c.Less), c.Against),
				r.Rounds, low > c.Less,
				fmt.Sprintf("%s %% less, 95 %% interval %s to %s %%", percent(value), percent(low), percent(high))))
		}
	}
	return out
}

// together judges a sum of medians.
func (s *Summary) together(c Claim) []Verdict {
	var cells []Cell
	for _, step := range s.Steps {
		if cell := step.cell(c.Arm); cell != nil && slices.Contains(c.Scenarios, step.Scenario) {
			cells = append(cells, *cell)
		}
	}
	if len(cells) == 0 {
		return nil
	}
	cells = paired(cells...)
	n := len(cells[0].Trials)
	sum := func(drawn []int) float64 {
		total := 0.0
		for _, cell := range cells {
			total += cell.series(most).Pick(drawn).Median()
		}
		return total
	}
	all := upTo(n)
	in, limit := stat.Bootstrap(s.Run.Header.Seed, resamples, n, sum), c.Together.Seconds()
	text := fmt.Sprintf("%s: %s together in less than %s", c.Arm, list(c.Scenarios), c.Together)
	return []Verdict{verdict(text, n, in.High < limit, fmt.Sprintf("%s, 95 %% interval %s to %s", Seconds(sum(all)), Seconds(in.Low), Seconds(in.High)))}
}

func verdict(text string, rounds int, shown bool, why string) Verdict {
	if rounds < fewest {
		return Verdict{text, false, fmt.Sprintf("%s, of %d rounds; a claim needs %d", why, rounds, fewest)}
	}
	return Verdict{text, shown, why}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
