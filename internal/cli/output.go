package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/queue"
	"github.com/devloop-dev/devloop/internal/ui"
)

// sink is where a command's events go: to the terminal as lines or JSON, and to
// the file of --events. close is called when no more events come. stays: the
// command waits for saves.
func (g *global) sink(out, errOut io.Writer, stays bool) (sink event.Sink, close func() error, err error) {
	complain := func(err error) { fmt.Fprintln(errOut, "devloop:", err) }
	var sinks []event.Sink
	show := event.JSONL(out, time.Now, complain)
	if g.output != "json" {
		_, columns := terminal(out)
		show = ui.New(out, ui.Options{Renderer: g.renderer(out), Verbose: g.verbose, Stays: stays, Now: time.Now, Columns: columns}).Draw
	}
	// The loop must not wait for whoever reads this; files are quick.
	shown := queue.New(queue.Options[event.Event]{
		Take: show, Cost: droppable, Limit: waitingBytes,
		Dropped: func(n int) event.Event { return event.Notice{Text: dropped(n)} },
	})
	sinks = append(sinks, shown.Add)
	close = func() error { shown.Close(); return nil }
	if g.events != "" {
		f, err := os.OpenFile(g.events, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, nil, fmt.Errorf("--events: %w", err)
		}
		sinks = append(sinks, event.JSONL(f, time.Now, complain))
		close = func() error { shown.Close(); return f.Close() }
	}
	return event.FirstLogs(event.Tee(sinks...), time.Now), close, nil
}

// droppable is what a line of a pod or a build takes in memory. Nothing else is
// dropped, however slow the terminal is.
func droppable(e event.Event) int {
	switch e := e.(type) {
	case event.Log:
		return len(e.Text) + 256
	case event.Output:
		return len(e.Text) + 128
	}
	return 0
}

// renderer decides on colours: by --color, else by the terminal and NO_COLOR.
func (g *global) renderer(out io.Writer) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(out)
	switch {
	case g.color == "never" || g.output == "plain" && g.color != "always":
		r.SetColorProfile(termenv.Ascii)
	case g.color == "always" && r.ColorProfile() == termenv.Ascii:
		r.SetColorProfile(termenv.ANSI256)
	}
	if r.ColorProfile() == termenv.Ascii {
		r.SetHasDarkBackground(true) // the terminal need not be asked
	}
	return r
}
