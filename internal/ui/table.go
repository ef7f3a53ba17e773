package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// table is which columns of the rows are drawn, and how wide.
type table struct {
	name                    int
	kind, since, took, text bool
	columns                 int
}

// The widths of the columns, with the gap after each.
const (
	markWide  = 2
	kindWide  = 8
	phaseWide = 13
	sinceWide = 9
	tookWide  = 8
	readyWide = 6
	// textLeast is the least that is worth being shown of what was done.
	textLeast = 16
)

// newTable leaves out what does not fit, the least telling first.
func newTable(rows []*row, columns int) table {
	t := table{columns: columns, kind: true, since: true, took: true, text: true}
	twice := map[string]bool{}
	namesakes := false
	for _, r := range rows {
		t.name = max(t.name, ansi.StringWidth(r.name))
		namesakes = namesakes || twice[r.name]
		twice[r.name] = true
	}
	t.name = min(t.name, columns/3)
	for _, drop := range []*bool{&t.text, &t.kind, &t.since, &t.took} {
		if drop == &t.kind && namesakes { // only the kind tells them apart
			continue
		}
		if t.least() <= columns {
			break
		}
		*drop = false
	}
	return t
}

func (t table) least() int {
	wide := markWide + t.name + 1 + phaseWide + readyWide - 1
	for _, c := range []struct {
		shown bool
		wide  int
	}{{t.kind, kindWide}, {t.since, sinceWide}, {t.took, tookWide}, {t.text, 1 + textLeast}} {
		if c.shown {
			wide += c.wide
		}
	}
	return wide
}

// row draws one target.
func (s style) row(r *row, t table, now time.Time) string {
	mark, ink := "○", s.dim
	switch {
	case r.phase == live:
		mark, ink = "●", s.good
	case r.phase == broken:
		mark, ink = "✗", s.bad
	case r.phase.works() && r.phase != queued:
		mark, ink = "◐", s.number
	case r.phase == waiting:
		ink = s.note
	}
	cells := []cell{{mark, markWide, ink}}
	if t.kind {
		cells = append(cells, cell{r.kind, kindWide, s.dim})
	}
	cells = append(cells, cell{ansi.Truncate(r.name, t.name, "…"), t.name + 1, s.strong}, cell{string(r.phase), phaseWide, ink})
	if t.since {
		cells = append(cells, cell{r.since.Format(time.TimeOnly), sinceWide, s.dim})
	}
	if t.took {
		cells = append(cells, cell{r.duration(now), tookWide, s.plain})
	}
	ready := ""
	if r.total > 0 {
		ready = fmt.Sprintf("%d/%d", r.ready, r.total)
	}
	cells = append(cells, cell{ready, readyWide, s.plain})
	if t.text {
		text := r.action
		if r.detail != "" {
			text = r.detail
		}
		text, _, _ = strings.Cut(clean(text), "\n")
		cells = append(cells, cell{text, 0, s.dim})
	}
	return draw(cells)
}

// cell is a text in so many columns.
type cell struct {
	text string
	wide int
	ink  lipgloss.Style
}

// draw puts cells beside each other, with nothing after the last text.
func draw(cells []cell) string {
	var b strings.Builder
	gap := ""
	for _, c := range cells {
		if c.text != "" {
			b.WriteString(gap + c.ink.Render(c.text))
			gap = ""
		}
		gap += strings.Repeat(" ", max(0, c.wide-ansi.StringWidth(c.text)))
	}
	return b.String()
}

// duration is that of the last work, or of the work under way once it takes long.
func (r *row) duration(now time.Time) string {
	switch {
	case r.phase.works() && !r.began.IsZero():
		if so := now.Sub(r.began); so >= patience {
			return brief(so)
		}
		return ""
	case r.took > 0:
		return seconds(r.took)
	}
	return ""
}

// brief shows a duration under way to the second.
func brief(d time.Duration) string { return d.Truncate(time.Second).String() }
