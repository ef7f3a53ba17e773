package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/loop"
	"github.com/devloop-dev/devloop/internal/queue"
	"github.com/devloop-dev/devloop/internal/ui"
)

// display is where a command's events go: to the terminal, as lines, as lines
// above a footer or as JSON, and to the file of --events.
type display struct {
	emit event.Sink
	// ask asks the user; nil where nobody can answer.
	ask func(ctx context.Context, question string) (yes bool, err error)
	// steer has the keys of a footer steer the loop until ctx ends; nil without one.
	steer func(ctx context.Context, l *loop.Loop) error
	// close is called when no more events come.
	close func() error
	// asked tells whether the end was asked for by a key other than Ctrl-C.
	asked func() bool
}

// display makes the one of a command. stays: the command waits for saves. stop is
// called when the user asks for the end by a key.
func (g *global) display(cmd *cobra.Command, stays bool, stop func()) (d display, err error) {
	out, errOut := cmd.OutOrStdout(), cmd.ErrOrStderr()
	complain := func(err error) { fmt.Fprintln(errOut, "devloop:", err) }
	o := queue.Options[event.Event]{
		Cost: droppable, Limit: waitingBytes,
		Dropped: func(n int) event.Event { return event.Notice{Text: dropped(n)} },
	}
	d = display{close: func() error { return nil }, asked: func() bool { return false }}
	in, tty := footerOn(g, cmd.InOrStdin(), out)
	r := g.renderer(out)
	if tty != nil {
		// The logs' colours go by it. Asked for later, the answer would be taken for keys.
		r.HasDarkBackground()
	}
	lines := g.lines(out, r, stays, tty != nil && stays)
	switch {
	case g.output == "json":
		o.Take = event.JSONL(out, time.Now, complain)
	case tty != nil && stays:
		quit := false
		// It stays until the loop has ended, also after Ctrl-C.
		screen, err := ui.NewScreen(context.WithoutCancel(cmd.Context()), ui.ScreenOptions{In: in, Out: tty, Renderer: r, Lines: lines, Now: time.Now, Open: browse,
			Quit: func(interrupted bool) { quit = !interrupted; stop() }, Exit: func() { os.Exit(exitInterrupted) }})
		if err != nil {
			return d, err
		}
		o.Take, o.Idle = screen.Take, screen.Idle
		d.steer = func(ctx context.Context, l *loop.Loop) error { return screen.Serve(ctx, l) }
		d.ask = screen.Ask
		d.close = func() error { screen.Close(); return nil }
		d.asked = func() bool { return quit } // after close
	default:
		o.Take = lines.Draw
	}
	// The loop must not wait for whoever reads this; files are quick.
	shown := queue.New(o)
	sinks := []event.Sink{shown.Add}
	closeScreen := d.close
	d.close = func() error { shown.Close(); return closeScreen() }
	if g.events != "" {
		f, err := os.OpenFile(g.events, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return d, errors.Join(fmt.Errorf("--events: %w", err), d.close())
		}
		sinks = append(sinks, event.JSONL(f, time.Now, func(err error) { shown.Add(event.Notice{Text: err.Error()}) }))
		closeShown := d.close
		d.close = func() error { return errors.Join(closeShown(), f.Close()) }
	}
	d.emit = event.FirstLogs(event.Tee(sinks...), time.Now)
	if d.ask == nil && g.output != "json" {
		d.ask = yesNo(cmd.InOrStdin(), d.emit)
	}
	return d, nil
}

// lines draws events for a person.
func (g *global) lines(out io.Writer, r *lipgloss.Renderer, stays, footer bool) *ui.Lines {
	_, columns := terminal(out)
	return ui.New(out, ui.Options{Renderer: r, Verbose: g.verbose, Stays: stays, Now: time.Now,
		Columns: columns, Times: inCI(), Footer: footer})
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

// writeJSON writes what a command has to say for -o json, for programs and eyes.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
