package ui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/logs"
)

// Lines draws events as lines. Make one with New.
type Lines struct {
	out     io.Writer
	style   style
	printer *logs.Printer
	columns func() int
	verbose bool
	stays   bool
	times   bool
	footer  bool
	now     func() time.Time

	mu       sync.Mutex
	began    time.Time           // of the iteration under way
	progress map[string]progress // per release, what was shown last
}

type progress struct {
	text  string
	shown time.Time
}

// patience is how long an iteration runs before its progress is shown: what is
// over sooner needs none.
const patience = time.Second

// Options are how events are drawn.
type Options struct {
	Renderer *lipgloss.Renderer // decides on colours; required
	Verbose  bool               // show all output of builds
	Stays    bool               // the loop waits for the next save after a failure
	Now      func() time.Time   // required
	Columns  func() int         // of the terminal; nil where it is none
	Times    bool               // each event begins with the time of the day
	// Footer: the lines are above a footer, which shows progress and questions.
	Footer bool
}

// New returns Lines that write to out.
func New(out io.Writer, o Options) *Lines {
	return &Lines{out: out, style: newStyle(o.Renderer), printer: logs.NewPrinter(o.Renderer, logs.PrinterOptions{}), columns: o.Columns,
		verbose: o.Verbose, stays: o.Stays, times: o.Times, footer: o.Footer, now: o.Now, progress: map[string]progress{}}
}

// Draw writes what an event has to say, often nothing. It is an event.Sink.
func (l *Lines) Draw(e event.Event) {
	if text := l.Text(e); text != "" {
		// A terminal that is gone ends the loop by its signal, not by this error.
		_, _ = io.WriteString(l.out, text+"\n")
	}
}

// Text is what Draw writes for an event, without the last line's end.
func (l *Lines) Text(e event.Event) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text(e)
	if l.times && text != "" {
		text = l.now().Format(time.TimeOnly) + " " + text
	}
	return text
}

func (l *Lines) text(e event.Event) string {
	s := l.style
	switch e := e.(type) {
	case event.Started:
		text := s.strong.Render("devloop") + " " + e.Project + " on context " + s.strong.Render(e.Context)
		if e.Images != "" {
			text += s.dim.Render("; images go to " + e.Images)
		}
		return text
	case event.Changed:
		l.began = l.now()
		clear(l.progress)
	case event.Planned:
		return l.planned(e)
	case event.Unchanged:
		return s.dim.Render(few(e.Paths) + " saved, content is the same: nothing to do")
	case event.Output:
		if l.verbose || l.now().Sub(l.began) > patience {
			return s.dim.Render(fmt.Sprintf("   %s ┆ %s", e.Target, clean(e.Text)))
		}
	case event.BuildStep:
		return l.buildStep(e)
	case event.Stage:
		switch e.Name {
		case "settle", "hash", "plan", "render": // told at the end, in one line with the others
			return ""
		}
		return l.stage(e)
	case event.Progress:
		if l.footer {
			return ""
		}
		return l.advance(e)
	case event.Failed:
		return s.failure(e)
	case event.Done:
		return l.done(e)
	case event.Log:
		if l.columns != nil {
			l.printer.SetWidth(l.columns())
		}
		return l.printer.Text(logLine(e))
	case event.Drift:
		return s.note.Render("drift") + " " + clean(e.Text)
	case event.Crashed:
		if e.Over {
			return ""
		}
		return s.bad.Render("✗") + " " + fmt.Sprintf("container %s ended: %s", clean(e.Where()), clean(e.How()))
	case event.Notice:
		return s.note.Render("note") + " " + clean(e.Text)
	case event.Waits:
		return s.note.Render("note") + " " + fmt.Sprintf("%s %s waits for %s", e.TargetKind, e.Target, clean(e.For))
	case event.Paused:
		text := "resumed: what was saved meanwhile is done now"
		if e.Paused {
			text = "paused: saves are left alone until devloop resume"
		}
		return s.note.Render("note") + " " + text
	case event.Forwarded:
		return s.note.Render("note") + " " + forwarded(e)
	case event.Question:
		if l.footer {
			return ""
		}
		return s.note.Render("?") + " " + s.strong.Render(clean(e.Text)) + " [y/N, then Enter]"
	case event.Stopping:
		if e.Finishing != "" {
			return s.dim.Render("stopping; finishing the write to " + e.Finishing + " (Ctrl-C again ends at once, the next start repairs)")
		}
	}
	return ""
}

func logLine(e event.Log) logs.Line {
	return logs.Line{Time: e.Time, Release: e.Release, Namespace: e.Namespace, Pod: e.Pod, Container: e.Container, Text: e.Text}
}

func forwarded(e event.Forwarded) string {
	switch {
	case e.Ended:
		return e.Target + " is no longer forwarded"
	case e.Taken > 0:
		return fmt.Sprintf("%s is at %s (port %d is taken)", e.Target, e.URL, e.Taken)
	}
	return e.Target + " is at " + e.URL
}

func (l *Lines) planned(e event.Planned) string {
	var lines []string
	for _, a := range e.Actions {
		lines = append(lines, fmt.Sprintf("%s %s %s%s", l.style.number.Render(fmt.Sprintf("#%d", e.Iteration)),
			l.style.strong.Render(a.Do), a.Target, l.style.dim.Render(": "+clean(a.Reason))))
	}
	return strings.Join(lines, "\n")
}

func (l *Lines) stage(e event.Stage) string {
	detail := e.Detail
	if e.Skipped {
		switch e.Name {
		case "build":
			detail += " is there already"
		case "load":
			return ""
		}
	}
	text := fmt.Sprintf("   %-8s %s", e.Name, e.Target)
	if detail != "" {
		text += " " + detail
	}
	return l.style.dim.Render(text + " " + seconds(e.Took))
}

// readiness is what is counted of a release: its pods, or where it has none its
// objects.
func readiness(e event.Progress) (ready, total int, what string) {
	if e.Pods > 0 {
		return e.PodsReady, e.Pods, "pods"
	}
	return e.Ready, e.Total, "objects"
}

func (l *Lines) advance(e event.Progress) string {
	ready, total, what := readiness(e)
	text := fmt.Sprintf("%d/%d %s ready", ready, total, what)
	if e.Waiting != "" {
		text += ", waiting for " + clean(e.Waiting)
	}
	last := l.progress[e.Release]
	if l.now().Sub(l.began) < patience || last.text == text || l.now().Sub(last.shown) < patience {
		return ""
	}
	l.progress[e.Release] = progress{text, l.now()}
	return l.style.dim.Render("   " + e.Release + " " + text)
}

// failure draws a failure in full.
func (s style) failure(e event.Failed) string {
	head := strings.TrimSpace(e.Stage+" "+e.Target) + " failed"
	text := s.bad.Render("✗ "+head) + "\n" + indent(clean(e.Error))
	if e.Hint != "" {
		text += "\n" + indent(s.note.Render("-> ")+clean(e.Hint))
	}
	return text
}

func (l *Lines) done(e event.Done) string {
	number := l.style.number.Render(fmt.Sprintf("#%d", e.Iteration))
	switch e.Verdict {
	case event.Superseded:
		if e.Summary == "" {
			return number + l.style.dim.Render(" a newer save takes over after "+seconds(e.Took))
		}
		return fmt.Sprintf("%s %s -> %s%s", number, clean(e.Cause), l.style.good.Render(e.Summary),
			l.style.dim.Render("; a newer save takes over "+strings.Join(e.Passed, ", ")+" after "+seconds(e.Took)))
	case event.Broken:
		text := fmt.Sprintf("%s %s -> %s", number, clean(e.Cause), l.style.bad.Render(e.Summary))
		if l.stays {
			text += "; waiting for the next save"
		}
		return text
	}
	times := seconds(e.Took) + " ready"
	if e.Written > 0 && e.Written < e.Took {
		times = seconds(e.Written) + " written, " + times
	}
	return fmt.Sprintf("%s %s -> %s - %s", number, clean(e.Cause), l.style.good.Render(e.Summary), times) + l.style.dim.Render(timeline(e.Stages))
}
