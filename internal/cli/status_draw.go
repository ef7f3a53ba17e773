package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/devloop-dev/devloop/internal/loop"
)

// drawStatus shows a snapshot as text, a line for each part and those below it that
// say what is wrong.
func drawStatus(out io.Writer, r *lipgloss.Renderer, s loop.Snapshot) error {
	d := statusDrawer{style: func(c string) lipgloss.Style { return r.NewStyle().Foreground(lipgloss.Color(c)) }}
	d.head(s)
	for _, im := range s.Images {
		d.width = max(d.width, len(im.Name))
	}
	for _, rel := range s.Releases {
		d.width = max(d.width, len(rel.Name))
	}
	for _, im := range s.Images {
		d.row("image", im.TargetState, im.Since, join(": ", imageText(im), im.Last))
	}
	for _, rel := range s.Releases {
		since := rel.Since
		if since.IsZero() {
			since = rel.Updated
		}
		d.row("release", rel.TargetState, since, releaseText(rel))
	}
	for _, f := range s.Forwards {
		if f.Problem != "" {
			d.line("  forward  %s: %s", f.Target, d.style("1").Render(f.Problem))
			continue
		}
		d.line("  forward  http://%s -> %s in namespace %s", f.Address, f.Target, f.Namespace)
	}
	for _, text := range s.Failures {
		d.line("  %s  %s", d.style("1").Render("failed"), under(text, 10))
	}
	if !s.Running {
		d.line("no devloop up is running for %s: devloop up starts one", s.File)
	}
	_, err := io.WriteString(out, d.b.String())
	return err
}

// imageText is what runs of an image: what it was built as, and what lies on top.
func imageText(im loop.ImageState) string {
	switch im.Synced {
	case 0:
		return im.Reference
	case 1:
		return im.Reference + " + 1 synced file"
	}
	return fmt.Sprintf("%s + %d synced files", im.Reference, im.Synced)
}

type statusDrawer struct {
	b     strings.Builder
	style func(colour string) lipgloss.Style
	width int // of the names
}

func (d *statusDrawer) line(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

func (d *statusDrawer) head(s loop.Snapshot) {
	text := s.Project
	if text == "" {
		text = s.File
	}
	if s.Context != "" {
		text += ", context " + s.Context
	}
	if len(s.Profiles) > 0 {
		text += ", profile " + strings.Join(s.Profiles, ", ")
	}
	text += ": " + d.word(s.State, 0)
	if s.Iteration > 0 {
		text += fmt.Sprintf(", iteration %d", s.Iteration)
	}
	d.line("%s", text)
}

func (d *statusDrawer) row(kind string, t loop.TargetState, since time.Time, text string) {
	d.line("  %-7s  %-*s  %s  %7s  %s", kind, d.width, t.Name, d.word(t.State, 7), ago(since), text)
	if t.Due != "" && t.State != loop.Working {
		d.line("           due: %s", t.Due)
	}
	if t.Error != "" {
		d.line("           %s", under(t.Error, 11))
	}
	if t.Hint != "" {
		d.line("           -> %s", t.Hint)
	}
}

// word is a state in its colour, at least so wide.
func (d *statusDrawer) word(s loop.State, width int) string {
	colour := "3"
	switch s {
	case loop.Live:
		colour = "2"
	case loop.Failing, loop.Unknown:
		colour = "1"
	case loop.Working:
		colour = "4"
	}
	return d.style(colour).Render(fmt.Sprintf("%-*s", width, s))
}

func releaseText(r loop.ReleaseState) string {
	if r.State == loop.Absent {
		return "not in namespace " + r.Namespace
	}
	if r.Revision == 0 {
		return r.Last
	}
	ready, total, what := r.Ready, r.Total, "objects"
	if r.Pods > 0 {
		ready, total, what = r.PodsReady, r.Pods, "pods"
	}
	text := fmt.Sprintf("revision %d in namespace %s, %d/%d %s ready", r.Revision, r.Namespace, ready, total, what)
	if r.Waiting != "" && r.Error == "" {
		text += ", waits for " + r.Waiting
	}
	return join(": ", text, r.Last)
}

func join(by string, parts ...string) string {
	var filled []string
	for _, p := range parts {
		if p != "" {
			filled = append(filled, p)
		}
	}
	return strings.Join(filled, by)
}

// under is a text whose further lines stand below its first.
func under(text string, column int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", column))
}

// ago is how long a moment is past, in its largest unit; empty for no moment.
func ago(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	d := max(0, time.Since(at))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours()/24))
}
