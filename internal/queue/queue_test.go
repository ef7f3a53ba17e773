package queue

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// told takes items like "log 12", which may be dropped and cost 10, and like
// "event 3", which may not. While gate is closed nothing is taken.
type told struct {
	*Queue[string]
	gate  sync.Mutex
	mu    sync.Mutex
	items []string
}

func newTold(limit int) *told {
	t := &told{}
	t.Queue = New(Options[string]{
		Take: func(s string) {
			t.gate.Lock()
			defer t.gate.Unlock()
			t.mu.Lock()
			defer t.mu.Unlock()
			t.items = append(t.items, s)
		},
		Cost: func(s string) int {
			if strings.HasPrefix(s, "log") {
				return 10
			}
			return 0
		},
		Dropped: func(n int) string { return fmt.Sprint("dropped ", n) },
		Limit:   limit,
	})
	return t
}

func TestAllIsTakenInOrder(t *testing.T) {
	q := newTold(1 << 20)
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprint("log ", i))
		q.Add(want[i])
	}
	q.Close()
	if !slices.Equal(q.items, want) {
		t.Errorf("taken: %q", q.items)
	}
	q.Add("log late")
}

// While nothing is taken, adding does not wait, the newest stay, what must not
// be dropped stays in its place, and every item is accounted for.
func TestASlowTaker(t *testing.T) {
	q := newTold(1000)
	q.gate.Lock()
	for i := range 10_000 {
		q.Add(fmt.Sprint("log ", i))
		if i%1000 == 0 {
			q.Add(fmt.Sprint("event ", i/1000))
		}
	}
	q.Queue.mu.Lock()
	if q.bytes > 1000 || len(q.Queue.items)-q.next > 100+10+11 {
		t.Errorf("%d items of %d bytes wait", len(q.Queue.items)-q.next, q.bytes)
	}
	q.Queue.mu.Unlock()
	q.gate.Unlock()
	q.Close()
	logs, gone, events, last := 0, 0, 0, ""
	for _, s := range q.items {
		var n int
		switch {
		case strings.HasPrefix(s, "log"):
			logs++
			last = s
		case strings.HasPrefix(s, "event"):
			if s != fmt.Sprint("event ", events) {
				t.Errorf("%q, want event %d", s, events)
			}
			events++
		default:
			if _, err := fmt.Sscanf(s, "dropped %d", &n); err != nil {
				t.Error(err)
			}
			gone += n
		}
	}
	if logs+gone != 10_000 || gone == 0 || events != 10 || last != "log 9999" {
		t.Errorf("%d logs taken and %d dropped of 10000, %d events, last %q", logs, gone, events, last)
	}
}

func TestCloseGivesUpOnWhatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		q := New(Options[int]{Take: func(int) { <-gate }, Cost: func(int) int { return 0 }, Limit: 1})
		q.Add(1)
		began := time.Now()
		q.Close()
		if took := time.Since(began); took > 3*stuck {
			t.Errorf("Close took %v", took)
		}
		close(gate)
		<-q.done
	})
}

func BenchmarkQueue(b *testing.B) {
	q := newTold(4 << 20)
	b.ReportAllocs()
	for range b.N {
		q.Add("log")
	}
	q.Close()
}
