package ui

import (
	"fmt"
	"strings"

	"github.com/devloop-dev/devloop/internal/event"
)

// drawApplied draws what the last apply changed.
func (s style) drawApplied(a event.Applied) string {
	if a.Release == "" {
		return s.note.Render("diff") + " nothing was applied yet"
	}
	lines := []string{s.number.Render(fmt.Sprintf("#%d", a.Iteration)) + " " + s.strong.Render(a.Release) +
		s.dim.Render(fmt.Sprintf(" revision %d", a.Revision))}
	if len(a.Objects) == 0 {
		lines = append(lines, s.dim.Render("  no object was written"))
	}
	for _, o := range a.Objects {
		mark := s.note.Render("~")
		switch o.Change {
		case "create":
			mark = s.good.Render("+")
		case "delete":
			mark = s.bad.Render("-")
		}
		lines = append(lines, "  "+mark+" "+s.strong.Render(o.Object))
		for _, l := range o.Diff {
			l = clean(l)
			switch {
			case strings.HasPrefix(l, "-"):
				l = s.gone.Render(l)
			case strings.HasPrefix(l, "+"):
				l = s.good.Render(l)
			default:
				l = s.dim.Render(l)
			}
			lines = append(lines, "    "+l)
		}
	}
	return strings.Join(lines, "\n")
}
