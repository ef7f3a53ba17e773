package deploy

import (
	"sync"
	"time"
)

// stage is a part of Apply that Stages names.
type stage int

const (
	between stage = iota // what no part claims
	loading
	rendering
	reading
	writing
	recording
	stages
)

// stopwatch measures the stages of one Apply. They follow each other: of what goes
// on side by side only the one that the others wait for enters a stage. A nil
// stopwatch measures nothing. It is safe for concurrent use.
type stopwatch struct {
	mu    sync.Mutex
	now   stage
	since time.Time
	spent [stages]time.Duration
}

// enter begins a stage; leave goes on with the one before.
func (s *stopwatch) enter(next stage) (leave func()) {
	if s == nil {
		return func() {}
	}
	before := s.turn(next)
	return func() { s.turn(before) }
}

// turn is enter without a way back. It returns the stage that ended.
func (s *stopwatch) turn(next stage) stage {
	if s == nil {
		return between
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, at := s.now, time.Now()
	if !s.since.IsZero() {
		s.spent[before] += at.Sub(s.since)
	}
	s.now, s.since = next, at
	return before
}

// read is what the stages took that have ended.
func (s *stopwatch) read() Stages {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stages{
		Load: s.spent[loading], Render: s.spent[rendering], Read: s.spent[reading],
		Write: s.spent[writing], Record: s.spent[recording],
	}
}
