package experiment

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the summary.
func (s *Summary) Markdown(w io.Writer) error {
	var b strings.Builder
	h := s.Run.Header
	fmt.Fprintf(&b, "# %s\n\n", h.Name)
	for _, line := range s.Facts() {
		fmt.Fprintf(&b, "%s  \n", line)
	}
	b.WriteString("\n| scenario | arm | n | median | p95 | mean | timeouts | failed | first run |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, step := range s.Steps {
		name := "**" + step.Key() + "**"
		if step.Title != "" {
			name += " " + step.Title
		}
		for _, c := range step.Arms {
			fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %s | %d | %d | %s |\n", name, c.Arm, len(c.Trials), c.Median, c.P95, c.Mean, c.Censored, c.Failed, c.first())
			name = ""
		}
	}
	b.WriteString("\n| scenario | | rounds | ratio of medians | 95 % interval | less |\n|---|---|---|---|---|---|\n")
	for _, step := range s.Steps {
		for _, r := range step.Ratios {
			fmt.Fprintf(&b, "| %s | %s / %s | %d | %s | %s to %s | %s |\n", step.Key(), r.Arm, r.Against, r.Rounds,
				share(r.Value), share(r.Interval.Low), share(r.Interval.High), r.less())
		}
	}
	if len(s.Claims) > 0 {
		b.WriteString("\n| claim | | |\n|---|---|---|\n")
		for _, v := range s.Claims {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", v.Text, v.word(), v.Why)
		}
	}
	b.WriteString("\n" + Method + "\n")
	s.stages(&b)
	s.troubles(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// Method says how the figures came about.
const Method = "Each round has every scenario once in every arm, in a random order, and puts everything back after each. The clock is " +
	"monotonic and starts before the first file is written; an observer that is the same for all arms stops it. First runs are those " +
	"of a round before the others and count nowhere else. Nothing is left out: a trial that was not verified counts as longer than its " +
	"timeout. P95 is by nearest rank. Intervals: percentile bootstrap over rounds, 10,000 resamples, from the run's seed. A claim is " +
	"shown only when the whole interval says so."

// Facts are what the figures depend on, in lines.
func (s *Summary) Facts() []string {
	h := s.Run.Header
	out := []string{fmt.Sprintf("%s, seed %d, %d rounds after the first", h.Started.Format("2006-01-02 15:04 MST"), h.Seed, h.Rounds), h.Machine.String()}
	if h.Git.Commit != "" {
		text := "project at commit " + h.Git.Commit
		if h.Git.Changed > 0 {
			text += fmt.Sprintf(", %d files changed since", h.Git.Changed)
		}
		out = append(out, text)
	}
	for _, a := range h.Arms {
		text := fmt.Sprintf("arm %s: %s", a.Name, a.Command)
		if a.Version != "" {
			text += " (" + a.Version + ")"
		}
		for _, p := range s.Run.Prepared {
			if p.Arm == a.Name {
				text += ", ready from nothing in " + Seconds(p.Seconds)
			}
		}
		out = append(out, text)
	}
	low, high := s.load()
	if len(s.Run.Trials) > 0 {
		out = append(out, fmt.Sprintf("load average of the minute before a trial: %.1f to %.1f", low, high))
	}
	switch {
	case s.Run.End == nil:
		out = append(out, "INCOMPLETE: the run was killed")
	case s.Run.End.Error != "":
		out = append(out, "INCOMPLETE: the run ended early: "+strings.ReplaceAll(s.Run.End.Error, "\n", " | "))
	}
	return out
}

func (s *Summary) load() (low, high float64) {
	for i, t := range s.Run.Trials {
		if i == 0 || t.Load < low {
			low = t.Load
		}
		high = max(high, t.Load)
	}
	return low, high
}

func (v Verdict) word() string {
	if v.Shown {
		return "shown"
	}
	return "not shown"
}

func (c Cell) first() string {
	var words []string
	for _, t := range c.First {
		if t.Outcome == Seen {
			words = append(words, Seconds(t.Seconds))
			continue
		}
		words = append(words, string(t.Outcome))
	}
	return strings.Join(words, ", ")
}

// stages writes where the time goes, by the tools' own words.
func (s *Summary) stages(b *strings.Builder) {
	title := "\nWhere the time goes by the tools' own words, medians of each stage:\n\n| scenario | arm | stages |\n|---|---|---|\n"
	for _, step := range s.Steps {
		for _, c := range step.Arms {
			var words []string
			for _, st := range c.Stages {
				words = append(words, st.Name+" "+Seconds(st.Seconds))
			}
			if len(words) == 0 {
				continue
			}
			fmt.Fprintf(b, "%s| %s | %s | %s |\n", title, step.Key(), c.Arm, strings.Join(words, ", "))
			title = ""
		}
	}
}

// troubles lists the trials that were not verified.
func (s *Summary) troubles(b *strings.Builder) {
	title := "\nNot verified:\n\n"
	for _, t := range s.Run.Trials {
		if t.Outcome != Seen {
			fmt.Fprintf(b, "%s- trial %d, round %d, %s, %s: %s after %s: `%s`\n", title, t.Number, t.Round, key(t.Scenario, t.Step), t.Arm, t.Outcome,
				Seconds(t.Seconds), strings.ReplaceAll(strings.ReplaceAll(t.Error, "\n", " | "), "`", "'"))
			title = ""
		}
	}
}
