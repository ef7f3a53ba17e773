package deploy

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queue holds the wards that want a look, each once, with the time when.
type queue struct {
	mu   sync.Mutex
	due  map[*ward]time.Time
	wake chan struct{}
}

func newQueue() *queue {
	return &queue{due: map[*ward]time.Time{}, wake: make(chan struct{}, 1)}
}

// add asks for a look at a time, or earlier where one was asked for.
func (q *queue) add(w *ward, at time.Time) {
	q.mu.Lock()
	if old, ok := q.due[w]; !ok || at.Before(old) {
		q.due[w] = at
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take waits until a look is due and returns all that are, in the manifest's
// order.
func (q *queue) take(ctx context.Context) ([]*ward, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		case <-q.wake:
		}
		due, next := q.ready(time.Now())
		if len(due) > 0 {
			return due, nil
		}
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

func (q *queue) ready(now time.Time) (due []*ward, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for w, at := range q.due {
		switch {
		case !at.After(now):
			due = append(due, w)
			delete(q.due, w)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	slices.SortFunc(due, func(a, b *ward) int { return a.order - b.order })
	return due, next
}
