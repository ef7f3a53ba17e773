package queue

import (
	"sync"
	"time"
)

// Options say how a Queue works; all of them but Idle are required.
type Options[T any] struct {
	// Take gets the items one at a time, in the order in which they were added.
	Take func(T)
	// Cost is about what an item takes in bytes; 0 for one that must not be
	// dropped.
	Cost func(T) int
	// Dropped makes the item that stands for n which were dropped.
	Dropped func(n int) T
	// Limit is how many bytes may wait.
	Limit int
	// Idle is called when everything that was added is taken; nil for nothing.
	Idle func()
}

// Queue is safe for concurrent use. Make one with New, and end it with Close.
type Queue[T any] struct {
	o    Options[T]
	done chan struct{} // everything was taken after Close
	wake chan struct{}

	mu     sync.Mutex
	items  []item[T]
	next   int // of items, the first that waits
	bytes  int
	taken  int
	closed bool
}

// item is one that waits, or stands for a number that were dropped.
type item[T any] struct {
	value   T
	cost    int
	dropped int
}

// New returns a Queue at work.
func New[T any](o Options[T]) *Queue[T] {
	q := &Queue[T]{o: o, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	go q.run()
	return q
}

// Add puts an item at the end. After Close it does nothing.
func (q *Queue[T]) Add(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	cost := q.o.Cost(v)
	q.items = append(q.items, item[T]{value: v, cost: cost})
	if q.bytes += cost; q.bytes > q.o.Limit {
		q.drop()
	}
	q.signal()
}

// stuck is how long Close waits for an item to be taken.
const stuck = time.Second

// Close waits until all is taken, as long as it goes on: when nothing is taken
// for a second, as by a terminal that was stopped, the rest is given up.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.signal()
	q.mu.Unlock()
	for last := -1; ; {
		select {
		case <-q.done:
			return
		case <-time.After(stuck):
		}
		q.mu.Lock()
		taken := q.taken
		q.mu.Unlock()
		if taken == last {
			return
		}
		last = taken
	}
}

func (q *Queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue[T]) run() {
	defer close(q.done)
	for {
		v, some, end := q.pop()
		switch {
		case some:
			q.o.Take(v)
		case end:
			q.idle()
			return
		default:
			q.idle()
			<-q.wake
		}
	}
}

func (q *Queue[T]) idle() {
	if q.o.Idle != nil {
		q.o.Idle()
	}
}

func (q *Queue[T]) pop() (v T, some, end bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken++
	if q.next == len(q.items) {
		q.items, q.next = q.items[:0], 0
		return v, false, q.closed
	}
	it := q.items[q.next]
	q.items[q.next] = item[T]{}
	q.next++
	q.bytes -= it.cost
	if it.dropped > 0 {
		return q.o.Dropped(it.dropped), true, false
	}
	return it.value, true, false
}

// drop makes room: half of the limit at a time, so that there are few gaps
// rather than many, and one count for all that is missing in a place.
func (q *Queue[T]) drop() {
	kept, gap := make([]item[T], 0, (len(q.items)-q.next)/2+1), -1
	for _, it := range q.items[q.next:] {
		drops := q.bytes > q.o.Limit/2 && (it.cost > 0 || it.dropped > 0)
		if !drops {
			kept = append(kept, it)
			continue
		}
		if gap < 0 {
			gap = len(kept)
			kept = append(kept, item[T]{})
		}
		q.bytes -= it.cost
		kept[gap].dropped += max(it.dropped, 1)
	}
	q.items, q.next = kept, 0
}
