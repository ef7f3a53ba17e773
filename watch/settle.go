package watch

import "time"

// settle decides when a burst of events is over.
//
// A single save needs only the quiet time. A burst of many paths, or of writes
// that resume soon after the last change was told, gets up to eight times as
// much, since its parts come with larger gaps. Once a git is seen to have ended,
// nothing more is to come, and the quiet time is the short one again.
type settle struct {
	quiet, max time.Duration

	first  time.Time // first event that was not delivered yet
	start  time.Time // first event of this burst
	anchor time.Time // max counts from here; zero when no burst goes on
	last   time.Time // latest event
	ended  time.Time // when the previous burst was over
	level  uint      // doublings because writes kept coming
	held   bool      // git was at work in this burst
	steps  bool      // and will be again in a moment
}

// resumeFactor: writes that resume within this many quiet times after a burst
// belong to the same activity, such as a file that grows slowly.
const resumeFactor = 10

// maxLevel doublings of the quiet time: 25 ms become 200 ms.
const maxLevel = 3

// event notes that something changed at now.
func (s *settle) event(now time.Time) {
	if s.first.IsZero() {
		s.first = now
	}
	if s.anchor.IsZero() {
		s.start, s.anchor = now, now
		switch {
		case s.ended.IsZero() || now.Sub(s.ended) > resumeFactor*s.quiet:
			s.level = 0
		case s.level < maxLevel:
			s.level++
		}
	}
	s.last = now
}

// due is when the burst, of so many paths, is over if nothing else comes.
func (s *settle) due(paths int) time.Time {
	level := s.level
	switch {
	case s.held && !s.steps:
		level = 0
	case s.held, paths >= 100:
		level = max(level, 2)
	case paths >= 10:
		level = max(level, 1)
	}
	due, limit := s.last.Add(s.quiet<<level), s.anchor.Add(s.max)
	if due.After(limit) {
		return limit
	}
	return due
}

// hold puts the end off because git is known to be still writing.
func (s *settle) hold(now time.Time) { s.last, s.anchor, s.held = now, now, true }

// end closes the burst. Its paths may still wait for a receiver.
func (s *settle) end(now time.Time) {
	s.anchor, s.ended, s.held, s.steps = time.Time{}, now, false, false
}

// delivered forgets the burst that the receiver has taken.
func (s *settle) delivered() { s.first = time.Time{} }
