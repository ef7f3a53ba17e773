package ui

import (
	"fmt"
	"slices"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// state is what the footer shows. It is made from events and nothing else.
type state struct {
	project, context string
	reached          bool // docker and the cluster
	rows             []*row
	pins             []pin
	open             map[int]bool // iterations under way
	number           int          // of the newest iteration
	since            time.Time    // the loop works, or rests
	paused, stopping bool
	finishing        string
	urls             []string // forwarded
	applied          event.Applied
	bars             timelineBars // of the newest iteration
	done             event.Done   // the last one
}

func newState(now time.Time) *state { return &state{open: map[int]bool{}, since: now} }

// take takes an event over.
func (s *state) take(e event.Event, now time.Time) {
	switch e := e.(type) {
	case event.Targets:
		s.name(e, now)
	case event.Started:
		s.project, s.context, s.reached = e.Project, e.Context, true
		s.unpin("", "", "connect")
	case event.Changed:
		s.change(e, now)
	case event.Planned:
		for _, a := range e.Actions {
			if r := s.row(kindOf(a.Do), a.Target); r != nil {
				r.enter(queued, now)
				r.iteration, r.began, r.detail = e.Iteration, now, a.Reason
			}
		}
	case event.Began:
		if r := s.row(e.TargetKind, e.Target); r != nil {
			r.begin(e, now)
		}
	case event.BuildStep:
		if r := s.row(event.Image, e.Target); r != nil && r.phase == building && (e.State == "began" || e.State == "running") {
			r.detail = e.Step
		}
	case event.Progress:
		if r := s.row(event.Release, e.Release); r != nil {
			r.ready, r.total, _ = readiness(e)
			r.detail = e.Waiting
		}
	case event.Stage:
		s.stage(e, now)
	case event.Applied:
		s.applied = e
	case event.Failed:
		s.fail(e, now)
	case event.Waits:
		if r := s.row(e.TargetKind, e.Target); r != nil {
			r.settle(waiting, now)
			r.detail = "for " + e.For
		}
	case event.Done:
		s.end(e, now)
	case event.Crashed:
		s.crash(e)
	case event.Drift:
		if r := s.row(event.Release, e.Release); r != nil && e.Corrected {
			r.action = "put back " + e.Object
		}
	case event.Paused:
		s.paused, s.since = e.Paused, now
	case event.Stopping:
		s.stopping, s.finishing = true, e.Finishing
	case event.Notice:
		if e.Mends != "" {
			s.unpin("", "", e.Mends)
		}
	case event.Forwarded:
		s.urls = slices.DeleteFunc(s.urls, func(url string) bool { return url == e.URL })
		if !e.Ended {
			s.urls = append(s.urls, e.URL)
		}
	}
}

func (s *state) change(e event.Changed, now time.Time) {
	if len(s.open) == 0 {
		s.since = now
	}
	s.number, s.open[e.Iteration] = e.Iteration, true
	s.bars = timelineBars{iteration: e.Iteration, saved: e.Saved}
	// Of what is no longer in the project nobody will hear that it is fixed.
	s.pins = slices.DeleteFunc(s.pins, func(p pin) bool { return p.name != "" && s.row(p.kind, p.name) == nil })
}

// name takes over which targets there are.
func (s *state) name(e event.Targets, now time.Time) {
	var rows []*row
	add := func(kind string, names []string) {
		for _, name := range names {
			r := s.row(kind, name)
			if r == nil {
				r = newRow(kind, name, now)
			}
			rows = append(rows, r)
		}
	}
	add(event.Image, e.Images)
	add(event.Release, e.Releases)
	s.rows = rows
	s.pins = slices.DeleteFunc(s.pins, func(p pin) bool { return p.name != "" && s.row(p.kind, p.name) == nil })
}

func (s *state) stage(e event.Stage, now time.Time) {
	s.bars.take(e, now)
	kind := event.Release
	switch e.Name {
	case "prebuild", "build", "load":
		kind = event.Image
	}
	r := s.row(kind, e.Target)
	if r == nil || r.iteration != e.Iteration {
		return
	}
	r.stage(e, now)
	if r.phase == live {
		s.unpin(kind, e.Target, "")
	}
}

func (s *state) fail(e event.Failed, now time.Time) {
	if r := s.row(e.TargetKind, e.Target); r != nil {
		r.settle(broken, now)
		r.action = e.Stage + " failed"
	}
	stage := e.Stage
	if e.Target != "" {
		s.unpin(e.TargetKind, e.Target, "")
	} else {
		s.unpin("", "", stage)
	}
	s.pins = append(s.pins, pin{kind: e.TargetKind, name: e.Target, stage: stage, text: clean(e.Error), hint: clean(e.Hint)})
}

// end takes over that an iteration is over: what it did not bring about is as
// before.
func (s *state) end(e event.Done, now time.Time) {
	delete(s.open, e.Iteration)
	s.done = e
	for _, r := range s.rows {
		if r.iteration == e.Iteration && r.phase.works() {
			r.undo()
		}
	}
	if len(s.open) == 0 {
		s.since = now
	}
}

func (s *state) row(kind, name string) *row {
	for _, r := range s.rows {
		if r.kind == kind && r.name == name {
			return r
		}
	}
	return nil
}

// works: something is under way.
func (s *state) works() bool { return len(s.open) > 0 }

// mood is the state of the loop in a word or two.
func (s *state) mood() string {
	number := ""
	if s.number > 0 {
		number = fmt.Sprintf("#%d ", s.number)
	}
	switch {
	case s.stopping && s.finishing != "":
		return "stopping, finishing the write to " + s.finishing
	case s.stopping:
		return "stopping"
	case s.paused:
		return number + "paused"
	case s.works() && !s.reached:
		return number + "connecting"
	case s.works():
		return number + "working"
	case s.number == 0 && len(s.pins) == 0:
		return "starting"
	}
	down := 0
	for _, p := range s.shown() {
		if p.container == "" {
			return number + "failed"
		}
		down++
	}
	switch down {
	case 0:
		return number + "live"
	case 1:
		return number + "live, 1 container down"
	}
	return fmt.Sprintf("%slive, %d containers down", number, down)
}

// kindOf is the kind of target that an action is about.
func kindOf(do string) string {
	if do == "rebuild" {
		return event.Image
	}
	return event.Release
}
