package logs

import (
	"context"
	"time"
)

// batch is what was read and is not delivered yet.
type batch struct {
	lines []Line
	known []seen
}

// seen is what the resume point keeps of a line.
type seen struct {
	at time.Time
	id uint64
}

// add puts a line into the batch.
func (f *follower) add(at time.Time, text string, id uint64) {
	if f.filter.passes(text, &f.trail) {
		l := f.common
		l.Time, l.Text = at, text
		f.batch.lines = append(f.batch.lines, l)
	}
	f.batch.known = append(f.batch.known, seen{at, id})
}

func (b *batch) full() bool { return len(b.known) >= batchLines }

// deliver hands the batch on and remembers its lines, unless ctx ends before
// they are taken. It returns how many were delivered. The points are those that
// learn of them besides the follower's own.
func (f *follower) deliver(ctx context.Context, points ...*point) int {
	b := &f.batch
	n := len(b.known)
	defer func() {
		clear(b.lines)
		b.lines, b.known = b.lines[:0], b.known[:0]
	}()
	if len(b.lines) > 0 && f.send(ctx, b.lines) != nil {
		return 0
	}
	for _, k := range b.known {
		f.point.add(k.at, k.id)
		for _, p := range points {
			p.add(k.at, k.id)
		}
	}
	return n
}
