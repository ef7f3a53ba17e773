package logs

import (
	"context"
	"sync"
	"time"
)

// order brings the lines of all containers into the order of their times, as
// far as a short wait allows. Lines of one container keep the order of its log.
//
// The line with the earliest time is released when no container can bring an
// earlier one any more, which is taken for so when each of those that spoke
// within the window has a line waiting. It is released in any case when it has
// waited for the window. So a container that speaks alone waits for nobody.
type order struct {
	window time.Duration

	mu       sync.Mutex
	speaking map[*source]struct{} // those with lines waiting, or that had some within the window
	heads    []*source            // those with lines waiting: a heap by the time of the first one
	closed   bool
	wake     chan struct{} // something was pushed
}

// source is a container's queue. One goroutine at a time pushes to it.
type source struct {
	queue []waiting
	next  int           // of queue, the first that waits
	bytes int           // about what it takes
	spoke time.Time     // when the latest lines came
	room  chan struct{} // the queue has become shorter
}

// waiting is a line and when it came.
type waiting struct {
	Line
	since time.Time
}

const (
	// orderWindow is how long a line waits for earlier ones. Kubelets hand lines
	// on within a few milliseconds; a person does not see a tenth of a second.
	orderWindow = 100 * time.Millisecond

	// onceWindow is the same where no line is live: long enough for every log to
	// be opened.
	onceWindow = 10 * time.Second

	// sourceBytes is how much of a container may wait. Beyond it the container's
	// connection is not read, which makes the kubelet wait.
	sourceBytes = 64 << 10

	// batchLines is how many lines are handed on at a time at most: enough to
	// make the cost of doing so small.
	batchLines = 64

	// A live line is not kept waiting for longer than overdue by the backlog of
	// another container, which is what is older than backlog.
	overdue = time.Second
	backlog = 10 * time.Second
)

func newOrder(window time.Duration) *order {
	return &order{window: window, speaking: map[*source]struct{}{}, wake: make(chan struct{}, 1)}
}

func newSource() *source { return &source{room: make(chan struct{}, 1)} }

// first is the line that waits longest.
func (s *source) first() *waiting { return &s.queue[s.next] }

func (s *source) empty() bool { return s.next == len(s.queue) }

// push hands lines over, and waits while the container has too many waiting. It
// takes all of them, or none when ctx ends.
func (o *order) push(ctx context.Context, s *source, lines []Line) error {
	for {
		o.mu.Lock()
		if s.bytes < sourceBytes {
			break
		}
		o.mu.Unlock()
		select {
		case <-s.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer o.mu.Unlock()
	s.spoke = time.Now()
	was := s.empty()
	for i := range lines {
		s.queue = append(s.queue, waiting{lines[i], s.spoke})
		s.bytes += lines[i].size()
	}
	if was && !s.empty() {
		o.heads = append(o.heads, s)
		o.up(len(o.heads) - 1)
	}
	o.speaking[s] = struct{}{}
	o.signal()
	return nil
}

// expect says that a container is about to speak, which is waited for as if it
// had spoken.
func (o *order) expect(s *source) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.spoke = time.Now()
	o.speaking[s] = struct{}{}
}

// leave says that a container has no more to say for now.
func (o *order) leave(s *source) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.spoke = time.Time{}
	o.signal()
}

// close says that nothing more is pushed: what waits is released.
func (o *order) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.signal()
}

func (o *order) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run gives the lines to sink in their order, until close, and calls idle before
// it waits for more.
func (o *order) run(sink func(Line), idle func()) {
	out := make([]Line, 0, batchLines)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var wait time.Duration
		var end bool
		out, wait, end = o.take(out[:0], time.Now())
		for i := range out {
			sink(out[i])
		}
		if len(out) > 0 {
			clear(out) // the texts must not stay in memory until the next lines
			continue
		}
		idle()
		if end {
			return
		}
		timer.Reset(wait)
		select {
		case <-o.wake:
		case <-timer.C:
		}
	}
}

// take fills out with the lines that are due. When there are none, wait says
// when there may be some, and end that there will be none.
func (o *order) take(out []Line, now time.Time) (_ []Line, wait time.Duration, end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	hold := now // until when an earlier line may come from a container without one
	var late *source
	for s := range o.speaking {
		until := s.spoke.Add(o.window)
		switch {
		case !s.empty():
			if w := s.first(); now.Sub(w.since) > overdue && now.Sub(w.Time) < backlog {
				late = s
			}
		case !now.Before(until):
			s.queue, s.next = nil, 0
			delete(o.speaking, s)
		case until.After(hold):
			hold = until
		}
	}
	if late != nil && now.Sub(o.heads[0].first().Time) > backlog {
		for len(out) < cap(out) && !late.empty() {
			out = append(out, late.pop())
		}
		o.heapify()
		return out, 0, false
	}
	for len(out) < cap(out) && len(o.heads) > 0 {
		s := o.heads[0]
		due := s.first().since.Add(o.window)
		if hold.Before(due) {
			due = hold
		}
		if now.Before(due) && !o.closed {
			return out, due.Sub(now), false
		}
		out = append(out, s.pop())
		if s.empty() {
			if until := s.spoke.Add(o.window); until.After(hold) {
				hold = until
			}
			last := len(o.heads) - 1
			o.heads[0], o.heads[last] = o.heads[last], nil
			o.heads = o.heads[:last]
		}
		o.down(0)
	}
	return out, time.Hour, o.closed && len(o.heads) == 0
}

// pop takes the first line out of the queue, and makes room for others.
func (s *source) pop() Line {
	l := s.queue[s.next].Line
	s.queue[s.next] = waiting{}
	s.next++
	switch {
	case s.empty():
		s.queue, s.next = s.queue[:0], 0
	case s.next >= len(s.queue)/2 && s.next >= batchLines:
		n := copy(s.queue, s.queue[s.next:])
		clear(s.queue[n:])
		s.queue, s.next = s.queue[:n], 0
	}
	was := s.bytes
	if s.bytes -= l.size(); was >= sourceBytes && s.bytes < sourceBytes {
		select {
		case s.room <- struct{}{}:
		default:
		}
	}
	return l
}

// size is about what a line takes in memory.
func (l *Line) size() int { return len(l.Text) + 128 }
