package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/stat"
)

// Stats is what a history says.
type Stats struct {
	From, To   time.Time  `json:"-"`
	Changes    int        `json:"changes"` // that were live in the end, starts aside
	Failed     int        `json:"failed"`
	Superseded int        `json:"superseded"`
	Untouched  int        `json:"untouched"` // saves that changed no content
	NoBuild    int        `json:"no_build"`  // of Changes, those that built no image
	Kinds      []Kind     `json:"kinds"`
	Days       []Day      `json:"days"`
	Stages     []PartTime `json:"stages"` // the slowest first
	Saved      *Saved     `json:"saved,omitempty"`
}

// Kind is how long one kind of change takes until it is verified, in seconds.
type Kind struct {
	Kind   string  `json:"kind"`
	N      int     `json:"n"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Mean   float64 `json:"mean"`
}

// Day is the changes of one day, by local time, starts aside.
type Day struct {
	Date   string  `json:"date"`
	N      int     `json:"n"`
	Median float64 `json:"median"`
}

// PartTime is what a stage takes of the changes that were live in the end.
type PartTime struct {
	Name   string  `json:"name"`
	Share  float64 `json:"share"`  // of the time of all stages
	Median float64 `json:"median"` // seconds, over the changes that had it
}

// Saved is the time against a baseline.
type Saved struct {
	Baseline Baseline `json:"baseline"`
	Changes  int      `json:"changes"` // of kinds that it knows
	Seconds  float64  `json:"seconds"`
}

// kinds in the order in which they are shown.
func kinds() []string { return []string{Values, Template, Image, Config, Retry, Start} }

// Work works out the statistics. baseline may be nil.
func Work(entries []Entry, baseline *Baseline) Stats {
	s := Stats{}
	times, days := map[string]stat.Series{}, map[string]stat.Series{}
	stages := map[string]stat.Series{}
	if baseline != nil {
		s.Saved = &Saved{Baseline: *baseline}
	}
	for i, e := range entries {
		if i == 0 {
			s.From = e.Time
		}
		s.To = e.Time
		switch {
		case e.Kind == Nothing:
			s.Untouched++
			continue
		case e.Verdict == event.Broken:
			s.Failed++
			continue
		case e.Verdict != event.Live:
			s.Superseded++
			continue
		}
		times[e.Kind] = append(times[e.Kind], e.Seconds)
		if e.Kind == Start {
			continue
		}
		s.Changes++
		if e.Built == 0 {
			s.NoBuild++
		}
		day := e.Time.Local().Format(time.DateOnly)
		days[day] = append(days[day], e.Seconds)
		for _, part := range e.Stages {
			stages[part.Name] = append(stages[part.Name], part.Seconds)
		}
		if s.Saved != nil {
			if seconds, known := baseline.Seconds[e.Kind]; known {
				s.Saved.Changes++
				s.Saved.Seconds += seconds - e.Seconds
			}
		}
	}
	for _, k := range kinds() {
		if t := times[k]; len(t) > 0 {
			s.Kinds = append(s.Kinds, Kind{k, len(t), t.Median(), t.P95(), t.Mean()})
		}
	}
	for day, t := range days {
		s.Days = append(s.Days, Day{day, len(t), t.Median()})
	}
	slices.SortFunc(s.Days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	s.Stages = shares(stages)
	return s
}

func shares(stages map[string]stat.Series) []PartTime {
	total := 0.0
	for _, t := range stages {
		total += t.Mean() * float64(len(t))
	}
	var out []PartTime
	for name, t := range stages {
		if total > 0 {
			out = append(out, PartTime{name, t.Mean() * float64(len(t)) / total, t.Median()})
		}
	}
	slices.SortFunc(out, func(a, b PartTime) int {
		if a.Share != b.Share {
			return cmp.Compare(b.Share, a.Share)
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}
