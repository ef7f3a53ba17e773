package logs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The clock of these tests is that of testing/synctest: it moves when everything
// waits, so a delay is exact.

// ordered is an order at work, and what it released when.
type ordered struct {
	*order
	t     *testing.T
	mu    sync.Mutex
	texts []string
	after []time.Duration
	end   func()
}

func orders(t *testing.T) *ordered {
	o := &ordered{order: newOrder(orderWindow), t: t}
	began, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		o.run(func(l Line) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.texts = append(o.texts, l.Text)
			o.after = append(o.after, time.Since(began))
		}, func() {})
	}()
	o.end = func() { o.close(); <-done }
	return o
}

// say pushes lines that carry the times at, counted from now.
func (o *ordered) say(s *source, text string, at ...time.Duration) {
	o.t.Helper()
	var lines []Line
	for i, at := range at {
		lines = append(lines, Line{Time: time.Now().Add(at), Text: fmt.Sprint(text, i)})
	}
	if err := o.push(o.t.Context(), s, lines); err != nil {
		o.t.Error(err)
	}
}

func TestWhoSpeaksAloneIsNotDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a := orders(t), newSource()
		for range 3 {
			o.say(a, "a", 0)
			time.Sleep(time.Second)
		}
		o.say(newSource(), "b", 0) // a has been silent for long
		time.Sleep(time.Second)
		o.end()
		if want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}; !slices.Equal(o.after, want) {
			t.Errorf("released after %v, want %v", o.after, want)
		}
	})
}

func TestLinesThatComeTogetherAreOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a, b, c := orders(t), newSource(), newSource(), newSource()
		o.say(c, "c", -time.Minute)
		synctest.Wait()
		o.say(a, "a", -5*time.Millisecond, -3*time.Millisecond, -1*time.Millisecond)
		synctest.Wait()
		o.say(b, "b", -4*time.Millisecond, -2*time.Millisecond, -6*time.Millisecond)
		time.Sleep(orderWindow)
		synctest.Wait()
		// Lines of one container keep their order, also where their times do not.
		if diff := cmp.Diff([]string{"c0", "a0", "b0", "a1", "b1", "b2", "a2"}, o.texts); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if last := o.after[len(o.after)-1]; last > orderWindow {
			t.Errorf("held back for %v", last)
		}
		o.end()
	})
}

func TestALineWaitsForTheWindowAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a, b := orders(t), newSource(), newSource()
		stop := make(chan struct{})
		go func() { // b speaks all the time, with a clock that is behind
			for {
				select {
				case <-stop:
					return
				case <-time.After(orderWindow / 10):
					o.say(b, "b", -5*time.Second)
				}
			}
		}()
		time.Sleep(time.Second)
		o.say(a, "a", 0)
		time.Sleep(time.Second)
		close(stop)
		synctest.Wait()
		o.end()
		if at := o.after[slices.Index(o.texts, "a0")] - time.Second; at > orderWindow {
			t.Errorf("released after %v, want %v at most", at, orderWindow)
		}
	})
}

// Whoever has much to say waits in its own queue; the others go on.
func TestQueuesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, loud, quiet := newOrder(orderWindow), newSource(), newSource()
		lines := make([]Line, batchLines)
		for i := range lines {
			lines[i] = Line{Time: time.Now(), Text: "0123456789"}
		}
		ctx, cancel := context.WithCancel(t.Context())
		pushed, refused := 0, make(chan error)
		go func() {
			for {
				if err := o.push(ctx, loud, lines); err != nil {
					refused <- err
					return
				}
				pushed += len(lines)
			}
		}()
		synctest.Wait()
		if most := sourceBytes + batchLines*lines[0].size(); loud.bytes > most {
			t.Errorf("%d bytes wait, want %d at most", loud.bytes, most)
		}
		if err := o.push(ctx, quiet, lines[:1]); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-refused; err != context.Canceled {
			t.Errorf("the push that waited ended with %v", err)
		}
		o.close()
		got := 0
		o.run(func(Line) { got++ }, func() {})
		if got != pushed+1 {
			t.Errorf("%d lines were released of %d", got, pushed+1)
		}
	})
}

// A backlog is delivered in the order of times, but what is said now does not
// wait until it is through.
func TestABacklogDoesNotHoldUpWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, old, live := newOrder(orderWindow), newSource(), newSource()
		done := make(chan struct{})
		var texts []string
		go func() { // a sink that takes a hundred lines a second
			defer close(done)
			o.run(func(l Line) {
				texts = append(texts, l.Text)
				time.Sleep(10 * time.Millisecond)
			}, func() {})
		}()
		began := time.Now()
		go func() {
			for i := range 2000 {
				if err := o.push(t.Context(), old, []Line{{Time: began.Add(-time.Hour + time.Duration(i)), Text: "old"}}); err != nil {
					t.Error(err)
				}
			}
			o.close()
		}()
		synctest.Wait()
		if err := o.push(t.Context(), live, []Line{{Time: time.Now(), Text: "live"}}); err != nil {
			t.Error(err)
		}
		<-done
		if at := slices.Index(texts, "live"); at > 200 || len(texts) != 2001 {
			t.Errorf("the live line came as number %d of %d, want within two seconds", at, len(texts))
		}
	})
}

func BenchmarkOrder(b *testing.B) {
	for _, sources := range []int{1, 10, 200} {
		b.Run(fmt.Sprint(sources, "-containers"), func(b *testing.B) {
			o := newOrder(orderWindow)
			var all []*source
			for range sources {
				all = append(all, newSource())
			}
			lines := make([]Line, batchLines)
			var g sync.WaitGroup
			g.Go(func() { o.run(func(Line) {}, func() {}) })
			b.ReportAllocs()
			at := time.Now()
			for n, i := 0, 0; n < b.N; n, i = n+len(lines), i+1 {
				for j := range lines {
					at = at.Add(time.Microsecond)
					lines[j] = Line{Time: at, Text: "a line as long as lines of logs are wont to be in practice"}
				}
				if err := o.push(b.Context(), all[i%sources], lines); err != nil {
					b.Fatal(err)
				}
			}
			o.close()
			g.Wait()
		})
	}
}
