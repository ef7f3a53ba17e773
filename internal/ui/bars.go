package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/devloop-dev/devloop/internal/event"
)

// timelineBars are the stages of an iteration along the time from its save.
type timelineBars struct {
	iteration int
	saved     time.Time
	bars      []bar
}

type bar struct {
	name, target string
	from, to     time.Duration // since the save
	skipped      bool
}

// take adds a stage that is told now. Those before the plan follow each other from
// the save on; of a target, what is told later has begun when what was told before
// had ended.
func (t *timelineBars) take(e event.Stage, now time.Time) {
	if e.Iteration != t.iteration {
		return
	}
	b := bar{name: e.Name, target: e.Target, to: now.Sub(t.saved), skipped: e.Skipped}
	if e.Target == "" {
		b.from = 0
		if n := len(t.bars); n > 0 {
			b.from = t.bars[n-1].to
		}
		b.to = b.from + e.Took
	} else {
		b.from = max(0, b.to-e.Took)
	}
	if e.Name == "log" { // counted from the save
		b.from, b.to = 0, e.Took
	}
	for i := len(t.bars) - 1; i >= 0 && e.Name != "log"; i-- {
		before := &t.bars[i]
		if before.target == e.Target && before.to > b.from {
			shift := before.to - b.from
			before.from, before.to = max(0, before.from-shift), b.from
		}
	}
	t.bars = append(t.bars, b)
}

// drawBars draws a timeline as a bar for each stage.
func (s style) drawBars(t timelineBars, done event.Done, columns int) string {
	head := s.number.Render(fmt.Sprintf("#%d", t.iteration))
	if len(t.bars) == 0 {
		return s.note.Render("timeline") + " nothing was done yet"
	}
	if done.Iteration == t.iteration {
		head += " " + clean(done.Cause) + ", " + seconds(done.Took)
	} else {
		head += " so far"
	}
	var end time.Duration
	label := 0
	for _, b := range t.bars {
		end = max(end, b.to)
		label = max(label, ansi.StringWidth(b.name+" "+b.target))
	}
	label = min(label, columns/3)
	room := max(10, columns-label-12)
	lines := []string{head}
	for _, b := range t.bars {
		if b.to-b.from < time.Millisecond && b.skipped {
			continue
		}
		at := func(d time.Duration) int { return int(int64(d) * int64(room) / int64(max(end, 1))) }
		from, to := at(b.from), at(b.to)
		if to == from {
			from, to = min(from, room-1), min(from, room-1)+1
		}
		name := ansi.Truncate(b.name+" "+b.target, label, "…")
		line := "  " + name + strings.Repeat(" ", label-ansi.StringWidth(name)+1+from) +
			s.good.Render(strings.Repeat("━", to-from)) + strings.Repeat(" ", room-to) + s.dim.Render(fmt.Sprintf(" %7s", seconds(b.to-b.from)))
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
