package ui

import (
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// Loop is what the keys steer.
type Loop interface {
	Retry(ctx context.Context) ([]string, error)
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
}

// request is what a key asks of the loop.
type request int

const (
	retry request = iota
	pause
	resume
)

// ask hands a request to Serve.
func (s *Screen) ask(r request) tea.Cmd {
	return func() tea.Msg {
		select {
		case s.asked <- r:
		case <-s.ended:
		}
		return nil
	}
}

// Serve has a loop do what the keys ask for, until ctx ends.
func (s *Screen) Serve(ctx context.Context, l Loop) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-s.asked:
			if text := s.serve(ctx, l, r); text != "" {
				s.send(saidMsg(text))
			}
		}
	}
}

// serve does what was asked for, and tells what is not told by an event.
func (s *Screen) serve(ctx context.Context, l Loop, r request) string {
	var err error
	switch r {
	case pause:
		err = l.Pause(ctx)
	case resume:
		err = l.Resume(ctx)
	case retry:
		var names []string
		names, err = l.Retry(ctx)
		switch {
		case err != nil:
		case len(names) == 0:
			return "nothing has failed"
		default:
			return "trying again: " + strings.Join(names, ", ")
		}
	}
	if err != nil && ctx.Err() == nil {
		return err.Error()
	}
	return ""
}
