package ui

import (
	"fmt"

	"github.com/devloop-dev/devloop/internal/event"
)

// buildStep draws what takes time in a build; with verbose, all of it.
func (l *Lines) buildStep(e event.BuildStep) string {
	text := clean(e.Step)
	switch {
	case l.footer && !l.verbose && e.State == "running":
		return ""
	case e.State == "running" || e.State == "done" && (l.verbose || e.Took > patience) || e.State == "failed" && l.verbose:
		text += fmt.Sprintf(" (%s, %s)", e.State, seconds(e.Took))
	case l.verbose && e.State == "cached":
		text += " (cached)"
	case !l.verbose:
		return ""
	}
	return l.style.dim.Render("   " + e.Target + " ┆ " + text)
}
