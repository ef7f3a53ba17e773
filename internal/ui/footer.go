package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/devloop-dev/devloop/internal/event"
)

// frame is where and when a footer is drawn.
type frame struct {
	columns, lines int // of the terminal
	now            time.Time
}

// footer draws the state in at most a third of the terminal: a rule with the
// project and the state of the loop, the pinned errors, a line for each target,
// and below them prompt, what the user is asked or types, if anything.
func (s style) footer(st *state, notes, prompt string, f frame) string {
	columns := max(10, f.columns-1) // a full line would have some terminals add an empty one
	room := max(3, f.lines/3) - 1
	if prompt != "" {
		room--
	}
	lines := []string{s.rule(st, notes, columns, f.now)}
	pins := s.pinned(st.shown(), room/2)
	lines = append(lines, pins...)
	lines = append(lines, s.rows(st.rows, room-len(pins), columns, f.now)...)
	if prompt != "" {
		lines = append(lines, prompt)
	}
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], columns, "…")
	}
	return strings.Join(lines, "\n")
}

// rule is the line between the stream and the footer.
func (s style) rule(st *state, notes string, columns int, now time.Time) string {
	mood := st.mood()
	ink := s.good
	switch {
	case st.stopping || st.paused:
		ink = s.note
	case st.works() || st.number == 0:
		ink = s.number
	case len(st.shown()) > 0:
		ink = s.bad
	}
	if st.works() && now.Sub(st.since) >= time.Second {
		mood += " " + brief(now.Sub(st.since))
	} else if !st.works() && st.number > 0 && !st.stopping {
		mood += " since " + st.since.Format(time.TimeOnly)
	}
	name, context, help := st.project, " on "+st.context, " ? help"
	if name == "" {
		name, context = "devloop", ""
	}
	draw := func() string {
		return s.dim.Render("── ") + s.strong.Render(name) + context + s.dim.Render(" ── ") + ink.Render(mood) + s.note.Render(notes) + " "
	}
	for _, leave := range []*string{&context, &help, &notes} {
		if ansi.StringWidth(draw()+help) <= columns {
			break
		}
		*leave = ""
	}
	fill := columns - ansi.StringWidth(draw()+help)
	return draw() + s.dim.Render(strings.Repeat("─", max(0, fill))+help)
}

// pinned are the errors that are not fixed, in at most so many lines.
func (s style) pinned(pins []pin, room int) []string {
	if len(pins) == 0 {
		return nil
	}
	room = max(1, room)
	var lines []string
	for i, p := range pins {
		left := len(pins) - i
		each := max(1, (room-len(lines))/left)
		if len(lines)+1 == room && left > 1 {
			return append(lines, s.bad.Render(fmt.Sprintf("✗ %d errors", left))+": "+p.title()+", …"+s.dim.Render(" (e shows them)"))
		}
		text := strings.Split(p.text, "\n")
		if p.hint != "" {
			text = append(text, "-> "+p.hint)
		}
		head := s.bad.Render("✗ " + p.head())
		if len(text) > each {
			head += s.dim.Render(" (e: all of it)")
		}
		lines = append(lines, head+": "+text[0])
		for _, l := range text[1:min(len(text), each)] {
			lines = append(lines, "   "+l)
		}
	}
	return lines
}

// errors are the pinned errors in full.
func (s style) errors(pins []pin) string {
	if len(pins) == 0 {
		return s.good.Render("no error") + " is left to fix"
	}
	var lines []string
	for _, p := range pins {
		if p.container != "" {
			lines = append(lines, s.bad.Render("✗ "+p.head())+": "+p.text+"\n   -> "+p.hint)
			continue
		}
		lines = append(lines, s.failure(event.Failed{Target: p.name, Stage: p.stage, Error: p.text, Hint: p.hint}))
	}
	return strings.Join(lines, "\n")
}

// rows draws the targets, in at most so many lines: those that are not live first
// where not all of them fit, and how many the others are.
func (s style) rows(all []*row, room, columns int, now time.Time) []string {
	shown, rest := all, ""
	if len(all) > room {
		shown = slices.Clone(all)
		slices.SortStableFunc(shown, func(a, b *row) int { return a.phase.rank() - b.phase.rank() })
		cut := max(0, room-1)
		rest = others(shown[cut:])
		shown = shown[:cut]
	}
	t := newTable(shown, columns)
	var lines []string
	for _, r := range shown {
		lines = append(lines, s.row(r, t, now))
	}
	if rest != "" && room > 0 {
		lines = append(lines, s.dim.Render("  "+rest))
	}
	return lines
}

// rank puts what wants attention first.
func (p phase) rank() int {
	switch {
	case p == broken:
		return 0
	case p.works() && p != queued:
		return 1
	case p == live:
		return 4
	case p == queued:
		return 2
	}
	return 3
}

// others counts targets by where they stand, as in "+17 live".
func others(rows []*row) string {
	var order []phase
	count := map[phase]int{}
	for _, r := range rows {
		if count[r.phase]++; count[r.phase] == 1 {
			order = append(order, r.phase)
		}
	}
	var words []string
	for _, p := range order {
		words = append(words, fmt.Sprintf("+%d %s", count[p], p))
	}
	return strings.Join(words, ", ")
}
