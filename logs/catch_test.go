package logs

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const deadline = 20 * time.Second

// catch collects what a Streamer delivers.
type catch struct {
	t    *testing.T
	s    *Streamer
	stop func() // ends Run and waits for it
	busy atomic.Int32

	mu    sync.Mutex
	lines []Line
	more  chan struct{}
}

func follow(t *testing.T, a *fakeAPI, opts Options, sel ...Selector) *catch {
	t.Helper()
	c := &catch{t: t, more: make(chan struct{})}
	c.s = New(a.client, opts, func(l Line) {
		if c.busy.Add(1) > 1 {
			t.Error("sink is called twice at a time")
		}
		defer c.busy.Add(-1)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lines = append(c.lines, l)
		close(c.more)
		c.more = make(chan struct{})
	})
	c.s.Follow(sel)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.s.Run(ctx) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(deadline):
			buf := make([]byte, 1<<16)
			t.Errorf("Run did not return:\n%s", buf[:runtime.Stack(buf, true)])
		}
	})
	t.Cleanup(c.stop)
	return c
}

// texts waits until want lines have come and returns the text of all.
func (c *catch) texts(want int) []string {
	c.t.Helper()
	end := time.After(deadline)
	for {
		c.mu.Lock()
		more := c.more
		var got []string
		for _, l := range c.lines {
			got = append(got, l.Text)
		}
		c.mu.Unlock()
		if len(got) >= want {
			return got
		}
		select {
		case <-more:
		case <-end:
			c.t.Fatalf("%d lines came, want %d; the last: %q", len(got), want, got[max(0, len(got)-5):])
		}
	}
}

// exactly waits for the lines, ends Run and fails if there were others.
func (c *catch) exactly(want ...string) {
	c.t.Helper()
	c.texts(len(want))
	c.stop()
	if diff := cmp.Diff(want, c.texts(0)); diff != "" {
		c.t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// exactlyOf is exactly for each pod by itself, where nothing orders the lines of one
// before those of another.
func (c *catch) exactlyOf(want map[string][]string) {
	c.t.Helper()
	all := 0
	for _, texts := range want {
		all += len(texts)
	}
	c.texts(all)
	c.stop()
	got := map[string][]string{}
	for _, l := range c.lines {
		got[l.Pod] = append(got[l.Pod], l.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("lines (-want +got):\n%s", diff)
	}
}

var dev = Selector{Release: "r", Namespace: "dev"}

var start = time.Date(2030, 1, 2, 3, 4, 5, 600_000_000, time.UTC)

// until waits for a condition of the fake.
func (a *fakeAPI) until(ok func() bool) {
	a.t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); runtime.Gosched() {
		a.mu.Lock()
		is := ok()
		a.mu.Unlock()
		if is {
			return
		}
	}
	a.t.Fatal("the fake never got there")
}
