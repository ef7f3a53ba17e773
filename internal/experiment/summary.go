package experiment

import (
	"math"
	"slices"

	"github.com/devloop-dev/devloop/internal/stat"
)

// What the statistics are made with.
const (
	resamples = 10_000
	// fewest is how many rounds a claim needs: an interval of fewer says little.
	fewest = 10
)

// Summary is what the raw data of a run says. Nothing in it is random but by the
// run's seed.
type Summary struct {
	Run    *Run
	Steps  []StepSummary
	Claims []Verdict
}

// StepSummary is one step of a scenario in all arms.
type StepSummary struct {
	Scenario, Step, Title string
	Kind                  string
	Arms                  []Cell
	Ratios                []Ratio // of the arm that the claims are about to each other one
}

// Key names the step.
func (s StepSummary) Key() string { return key(s.Scenario, s.Step) }

// Cell is one step in one arm.
type Cell struct {
	Arm      string
	Trials   []Trial // in the order of rounds, the first apart
	First    []Trial
	Censored int // that ended by the timeout
	Failed   int
	Median   Bound
	P95      Bound
	Mean     Bound
	Stages   []Stage // medians over the verified trials
}

// Bound is a value, or, where censored trials leave it open, the least it can be.
type Bound struct {
	Value   float64
	AtLeast bool
}

// Ratio is how long an arm takes as a share of how long another one does: their
// medians, with the 95 % interval of a bootstrap over rounds. A trial that was not
// verified counts as its timeout where that is the cautious choice, else as endless.
type Ratio struct {
	Arm, Against string
	Rounds       int
	Value        float64
	Interval     stat.Interval
}

// Less is the reduction in percent, least and most by the interval.
func (r Ratio) Less() (value, least, most float64) {
	return 100 * (1 - r.Value), 100 * (1 - r.Interval.High), 100 * (1 - r.Interval.Low)
}

// Summarize works out what a run says.
func Summarize(r *Run) *Summary {
	s := &Summary{Run: r}
	for _, sc := range r.Spec.Scenarios {
		if !slices.Contains(r.Header.Scenarios, sc.Name) {
			continue
		}
		for _, step := range sc.Steps {
			s.Steps = append(s.Steps, r.summarize(sc, step))
		}
	}
	for _, c := range r.Spec.Claims {
		s.Claims = append(s.Claims, s.judge(c)...)
	}
	return s
}

func (r *Run) summarize(sc Scenario, step Step) StepSummary {
	out := StepSummary{Scenario: sc.Name, Step: step.Name, Title: sc.Title, Kind: sc.Kind}
	for _, a := range r.Header.Arms {
		if !sc.has(a.Name) {
			continue
		}
		c := Cell{Arm: a.Name}
		for _, t := range r.Trials {
			switch {
			case t.Scenario != sc.Name || t.Step != step.Name || t.Arm != a.Name:
			case t.Round == 0:
				c.First = append(c.First, t)
			default:
				c.Trials = append(c.Trials, t)
			}
		}
		slices.SortStableFunc(c.Trials, func(a, b Trial) int { return a.Round - b.Round })
		c.work()
		out.Arms = append(out.Arms, c)
	}
	for _, pair := range r.pairs(out.Arms) {
		out.Ratios = append(out.Ratios, r.ratio(*out.cell(pair[0]), *out.cell(pair[1])))
	}
	return out
}

// pairs are the arm that the claims are about, else the first one, with each other.
func (r *Run) pairs(cells []Cell) [][2]string {
	subject := r.Header.Arms[0].Name
	if len(r.Spec.Claims) > 0 {
		subject = r.Spec.Claims[0].Arm
	}
	var out [][2]string
	if !slices.ContainsFunc(cells, func(c Cell) bool { return c.Arm == subject }) {
		return nil
	}
	for _, c := range cells {
		if c.Arm != subject {
			out = append(out, [2]string{subject, c.Arm})
		}
	}
	return out
}

func (s StepSummary) cell(arm string) *Cell {
	for i := range s.Arms {
		if s.Arms[i].Arm == arm {
			return &s.Arms[i]
		}
	}
	return nil
}

// work derives what is shown of the trials.
func (c *Cell) work() {
	parts := map[string]stat.Series{}
	var names []string
	verified := 0
	for _, t := range c.Trials {
		switch t.Outcome {
		case Timeout:
			c.Censored++
			continue
		case Failed:
			c.Failed++
			continue
		}
		verified++
		for _, p := range t.Stages {
			if _, known := parts[p.Name]; !known {
				names = append(names, p.Name)
			}
			parts[p.Name] = append(parts[p.Name], p.Seconds)
		}
	}
	for _, name := range names {
		// A stage that a trial did not have took it no time.
		for len(parts[name]) < verified {
			parts[name] = append(parts[name], 0)
		}
		c.Stages = append(c.Stages, Stage{name, parts[name].Median()})
	}
	low, high := c.series(least), c.series(most)
	bound := func(of func(stat.Series) float64) Bound {
		return Bound{of(low), of(low) != of(high) && !math.IsNaN(of(low))}
	}
	c.Median, c.P95, c.Mean = bound(stat.Series.Median), bound(stat.Series.P95), bound(stat.Series.Mean)
}

// What is taken for the time of a trial that was not verified.
func least(t Trial) float64 { return max(t.Limit, t.Seconds) }
func most(Trial) float64    { return math.Inf(1) }

func (c Cell) series(open func(Trial) float64) stat.Series {
	out := make(stat.Series, len(c.Trials))
	for i, t := range c.Trials {
		out[i] = t.Seconds
		if t.Outcome != Seen {
			out[i] = open(t)
		}
	}
	return out
}

// paired keeps the trials of rounds that all the cells have.
func paired(cells ...Cell) []Cell {
	out := make([]Cell, len(cells))
	for i, c := range cells {
		out[i] = c
		out[i].Trials = slices.DeleteFunc(slices.Clone(c.Trials), func(t Trial) bool {
			return slices.ContainsFunc(cells, func(other Cell) bool {
				return !slices.ContainsFunc(other.Trials, func(o Trial) bool { return o.Round == t.Round })
			})
		})
	}
	return out
}

func (r *Run) ratio(a, b Cell) Ratio {
	pairs := paired(a, b)
	n := len(pairs[0].Trials)
	of := func(a, b stat.Series) func([]int) float64 {
		return func(drawn []int) float64 { return divide(a.Pick(drawn).Median(), b.Pick(drawn).Median()) }
	}
	all, seed := upTo(n), r.Header.Seed
	cautious := of(pairs[0].series(most), pairs[1].series(least))
	in := stat.Bootstrap(seed, resamples, n, cautious)
	if open := func(t Trial) bool { return t.Outcome != Seen }; slices.ContainsFunc(pairs[0].Trials, open) || slices.ContainsFunc(pairs[1].Trials, open) {
		hopeful := of(pairs[0].series(least), pairs[1].series(most))
		in.Low = stat.Bootstrap(seed, resamples, n, hopeful).Low
	}
	return Ratio{Arm: a.Arm, Against: b.Arm, Rounds: n, Value: cautious(all), Interval: in}
}

// divide has no ratio of two endless times, but calls it endless: the cautious choice.
func divide(above, below float64) float64 {
	if math.IsInf(above, 1) {
		return above
	}
	return above / below
}

// Against is the arm that the first claim about a reduction names, and its medians by
// kind of change: of several scenarios of a kind their mean. Where a median is not
// known it is the least it can be; fewer rounds than a claim needs make none.
func (s *Summary) Against() (arm string, seconds map[string]float64) {
	for _, c := range s.Run.Spec.Claims {
		if arm = c.Against; arm != "" {
			break
		}
	}
	medians := map[string]stat.Series{}
	for _, step := range s.Steps {
		if cell := step.cell(arm); cell != nil && step.Kind != "" && len(cell.Trials) >= fewest {
			medians[step.Kind] = append(medians[step.Kind], cell.Median.Value)
		}
	}
	seconds = map[string]float64{}
	for kind, m := range medians {
		seconds[kind] = m.Mean()
	}
	return arm, seconds
}
