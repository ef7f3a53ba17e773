package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/term"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/ui/unasked"
)

func init() { unasked.Back() } // bubbletea is initialised

// ScreenOptions are what a Screen is made of; all of them are required.
type ScreenOptions struct {
	In, Out  *os.File // a terminal
	Renderer *lipgloss.Renderer
	Lines    *Lines // draws what is above the footer
	Now      func() time.Time
	// Quit asks the loop to end, by a key or, interrupted, by Ctrl-C.
	Quit func(interrupted bool)
	// Exit ends the process at once; the terminal is as it was before.
	Exit func()
	// Open shows a URL.
	Open func(url string) error
}

// Screen draws events on a terminal: lines that scroll, which the terminal keeps
// as its own, and a footer below them. Make one with NewScreen and end it with
// Close. Take and Idle belong to one goroutine.
type Screen struct {
	o       ScreenOptions
	program *tea.Program
	kill    context.CancelFunc // ends the program, which tidies up by itself
	ended   chan struct{}
	heard   chan struct{} // closed when nobody listens to signals any more
	signals chan os.Signal
	before  *term.State // of the terminal
	asked   chan request
	once    sync.Once // the process ends at once

	filter  atomic.Pointer[filter]
	hidden  atomic.Int64 // lines, by the filter
	stopped atomic.Bool  // the user was heard asking for the end

	text   strings.Builder // drawn, and not shown yet
	lines  int
	events []event.Event
}

// batch is how many lines are handed to the terminal at once while more wait: each
// hand-over draws the footer.
const batch = 500

// below clears what was the footer: lines that wrap would leave pieces of it.
const below = "\x1b[J"

// rate is how often in a second the terminal is written to at most.
const rate = 30

// NewScreen takes the terminal over, until Close. The end of ctx is none in good order:
// it gives the terminal back without showing what is left.
func NewScreen(ctx context.Context, o ScreenOptions) (*Screen, error) {
	before, err := term.GetState(o.In.Fd())
	if err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	s := &Screen{o: o, before: before, ended: make(chan struct{}), heard: make(chan struct{}), signals: make(chan os.Signal, 4), asked: make(chan request)}
	m := &model{style: newStyle(o.Renderer), state: newState(o.Now()), screen: s, now: o.Now}
	out := &reflowing{File: o.Out}
	// Before the renderer hears of it.
	resized := func(_ tea.Model, msg tea.Msg) tea.Msg {
		if size, is := msg.(tea.WindowSizeMsg); is {
			out.narrowed(m.drawn, size.Width)
		}
		return msg
	}
	// Not by the program's Kill: that would tidy up beside the program.
	ctx, kill := context.WithCancel(ctx)
	s.kill = kill
	s.program = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(out), tea.WithFilter(resized), tea.WithoutSignalHandler(), tea.WithFPS(rate))
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go s.run()
	go s.listen()
	return s, nil
}

func (s *Screen) run() {
	defer close(s.ended)
	_, err := s.program.Run()
	if err != nil && !errors.Is(err, tea.ErrProgramKilled) {
		fmt.Fprintln(s.o.Out, "devloop: no footer:", err)
	}
}

// listen has the second signal end the process with the terminal as it was. The
// first one is somebody else's, and ends the loop.
func (s *Screen) listen() {
	defer close(s.heard)
	for range s.signals {
		if s.stopped.Swap(true) {
			s.exit()
			return
		}
	}
}

// interrupt is Ctrl-C: the first asks for the end, the second does not wait for it.
func (s *Screen) interrupt() {
	if s.stopped.Swap(true) {
		go s.exit()
		return
	}
	s.o.Quit(true)
}

// quit is the key: it never ends the process at once.
func (s *Screen) quit() {
	if !s.stopped.Swap(true) {
		s.o.Quit(false)
	}
}

// exit gives the terminal back and ends the process.
func (s *Screen) exit() {
	s.once.Do(func() {
		s.kill()
		s.await()
		s.o.Exit()
	})
}

// await waits until the terminal is as it was. What is stuck in writing to it is
// given up.
func (s *Screen) await() {
	select {
	case <-s.ended:
	case <-time.After(time.Second):
		_ = term.Restore(s.o.In.Fd(), s.before)
	}
}

// Take draws an event. It waits when the terminal is slow.
func (s *Screen) Take(e event.Event) {
	if l, is := e.(event.Log); is && !s.filter.Load().passes(l) {
		s.hidden.Add(1)
		return
	}
	if text := s.o.Lines.Text(e); text != "" {
		s.text.WriteString(text)
		s.text.WriteByte('\n')
		s.lines++
	}
	switch e.(type) {
	case event.Log, event.Output: // nothing that the footer shows
	default:
		s.events = append(s.events, e)
	}
	if s.lines >= batch {
		s.Idle()
	}
}

// Idle shows what was drawn.
func (s *Screen) Idle() {
	if s.lines > 0 {
		text := s.text.String()
		s.text.Reset()
		s.lines = 0
		// Called here and now, since commands do not keep an order.
		s.send(tea.Println(below + text[:len(text)-1])())
		select {
		case <-s.ended:
			_, _ = io.WriteString(s.o.Out, text)
		default:
		}
	}
	if len(s.events) > 0 {
		s.send(eventsMsg(s.events))
		s.events = nil
	}
}

func (s *Screen) send(msg tea.Msg) { s.program.Send(msg) }

// Ask asks a question in the footer, and returns the answer.
func (s *Screen) Ask(ctx context.Context, text string) (yes bool, err error) {
	answer := make(chan bool, 1)
	s.send(askMsg{text, answer})
	select {
	case yes = <-answer:
		return yes, nil
	case <-ctx.Done():
		s.send(unaskMsg{answer})
		return false, ctx.Err()
	}
}

// Close shows what is left, removes the footer and gives the terminal back.
func (s *Screen) Close() {
	signal.Stop(s.signals)
	close(s.signals)
	<-s.heard
	defer s.kill()
	defer time.AfterFunc(time.Second, s.kill).Stop()
	s.send(closeMsg{})
	s.await()
}
