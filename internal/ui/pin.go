package ui

import (
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/event"
)

// pin is an error that is shown until it is fixed.
type pin struct {
	kind, name, stage string
	text, hint        string
	container         string // of a release: it is that one's crash
}

func (p pin) title() string {
	if p.container != "" {
		return "container " + p.container
	}
	return strings.TrimSpace(p.stage + " " + p.name)
}

// head says what has happened.
func (p pin) head() string {
	if p.container != "" {
		return p.title() + " is down"
	}
	return p.title() + " failed"
}

// crash notes that a container is down, or no longer.
func (s *state) crash(e event.Crashed) {
	s.pins = slices.DeleteFunc(s.pins, func(p pin) bool { return p.name == e.Release && p.container == e.Where() })
	if e.Over || s.row(event.Release, e.Release) == nil {
		return
	}
	s.pins = append(s.pins, pin{kind: event.Release, name: e.Release, container: e.Where(), text: clean(e.How()), hint: "its last lines are in the stream above"})
}

// unpin takes away the error of a target, or of a stage without one. A container that
// is down goes by what is told of itself.
func (s *state) unpin(kind, name, stage string) {
	s.pins = slices.DeleteFunc(s.pins, func(p pin) bool {
		return p.container == "" && p.kind == kind && p.name == name && (stage == "" || p.stage == stage)
	})
}

// shown are the pins that are to be seen. While a release is being worked on, or has
// failed, that says why its containers are down.
func (s *state) shown() []pin {
	return slices.DeleteFunc(slices.Clone(s.pins), func(p pin) bool {
		r := s.row(p.kind, p.name)
		return p.container != "" && (r == nil || r.phase != live)
	})
}
