package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/queue"
	"github.com/devloop-dev/devloop/logs"
)

// waitingBytes is how much may wait for a slow terminal.
const waitingBytes = 4 << 20

// logWriter writes the lines of devloop logs.
type logWriter struct {
	line  func(logs.Line)
	flush func() // when no line is due for the moment
	close func()
}

// logWriter writes to a terminal through a queue, so that the terminal holds
// nobody up; a file or pipe gets every line.
func (g *global) logWriter(out io.Writer, raw bool) logWriter {
	buffered := whole{bufio.NewWriterSize(out, 64<<10)}
	// What cannot be written ends the command by SIGPIPE, or is shown by the shell.
	flush := func() { _ = buffered.buffer.Flush() }
	if g.output == "json" {
		emit := event.JSONL(buffered, time.Now, func(error) {})
		return logWriter{line: func(l logs.Line) { emit(logEvent(l)) }, flush: flush, close: flush}
	}
	r := g.renderer(out)
	// A terminal that does not say its background is waited for some seconds. Within
	// the queue that would look like one that takes nothing, which its end gives up.
	r.HasDarkBackground()
	p := logs.NewPrinter(r, logs.PrinterOptions{Raw: raw})
	file, columns := terminal(out)
	if file == nil {
		return logWriter{line: func(l logs.Line) { _, _ = io.WriteString(buffered, p.Text(l)+"\n") }, flush: flush, close: flush}
	}
	p.SetWidth(columns())
	q := queue.New(queue.Options[logs.Line]{
		Take: func(l logs.Line) {
			text := l.Text
			if l.Pod != "" {
				p.SetWidth(columns())
				text = p.Text(l)
			}
			_, _ = io.WriteString(out, text+"\n")
		},
		Cost:    func(l logs.Line) int { return len(l.Text) + 128 },
		Dropped: func(n int) logs.Line { return logs.Line{Text: dropped(n)} },
		Limit:   waitingBytes,
	})
	return logWriter{line: q.Add, flush: func() {}, close: q.Close}
}

// whole passes on whole lines only, as standard error may go to the same place. What
// it is given ends with a line.
type whole struct{ buffer *bufio.Writer }

func (w whole) Write(p []byte) (int, error) {
	if len(p) > w.buffer.Available() {
		if err := w.buffer.Flush(); err != nil {
			return 0, err
		}
	}
	return w.buffer.Write(p)
}

// dropped says what a slow terminal missed.
func dropped(n int) string {
	what := "lines"
	if n == 1 {
		what = "line"
	}
	return fmt.Sprintf("dropped %s %s: the terminal is slower than the logs", thousands(n), what)
}

// thousands is a number with its thousands apart.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// terminal tells whether a writer is one, and its width.
func terminal(out io.Writer) (f *os.File, columns func() int) {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, nil
	}
	return f, func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return width
	}
}

func logEvent(l logs.Line) event.Log {
	return event.Log{Time: l.Time, Release: l.Release, Namespace: l.Namespace, Pod: l.Pod, Container: l.Container, Text: l.Text}
}

func crashEvent(c logs.Crash) event.Crashed {
	return event.Crashed{Release: c.Release, Namespace: c.Namespace, Pod: c.Pod, Container: c.Container,
		ExitCode: int(c.ExitCode), Reason: c.Reason, Restarts: int(c.Restarts), Over: c.Over}
}
