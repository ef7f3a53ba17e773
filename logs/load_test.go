package logs

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// fakeLogs are the logs of many pods without an API server: each follower reads
// what its source writes, as fast as it can.
type fakeLogs struct {
	order *order
	lines atomic.Int64 // delivered
}

// follow reads one fake log to its end.
func (l *fakeLogs) follow(t testing.TB, pod int, log io.Reader) {
	from := newSource()
	f := follower{
		common: Line{Namespace: "dev", Pod: fmt.Sprint("pod-", pod), Container: "app"},
		board:  newBoard(view{}),
		send:   func(ctx context.Context, lines []Line) error { return l.order.push(ctx, from, lines) },
		open:   func(context.Context, *corev1.PodLogOptions) (io.ReadCloser, error) { return io.NopCloser(log), nil },
		done:   map[string]struct{}{},
	}
	if _, err := f.stream(t.Context(), instance{id: "id"}, &corev1.PodLogOptions{}, &f.point); err != nil {
		t.Error(err)
	}
}

// fakeLog writes lines with times step apart.
type fakeLog struct {
	pod, line, lines int
	step             time.Duration
	at               time.Time
	rest             []byte
}

func (f *fakeLog) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(f.rest) == 0 {
			if f.line == f.lines {
				return n, io.EOF
			}
			f.at = f.at.Add(f.step)
			f.rest = f.at.AppendFormat(f.rest[:0], "2006-01-02T15:04:05.000000000Z07:00")
			f.rest = fmt.Appendf(f.rest, " pod %d line %d of a log as long as lines are wont to be\n", f.pod, f.line)
			f.line++
		}
		c := copy(p[n:], f.rest)
		n, f.rest = n+c, f.rest[c:]
	}
	return n, nil
}

// Two hundred pods write all at once. Every line comes once, those of a pod in
// their order, and what waits stays within its bound while the sink is slower.
func TestTwoHundredFakePods(t *testing.T) {
	const pods, lines = 200, 300
	l := fakeLogs{order: newOrder(orderWindow)}
	next := map[string]int{}
	var mu sync.Mutex
	most := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.order.run(func(line Line) {
			want := fmt.Sprintf("pod %s line %d of", strings.TrimPrefix(line.Pod, "pod-"), next[line.Pod])
			if next[line.Pod]++; !strings.HasPrefix(line.Text, want) {
				t.Errorf("%s: %q came, want %q", line.Pod, line.Text, want)
			}
			if l.lines.Add(1)%1000 == 0 {
				mu.Lock()
				most = max(most, l.order.waiting())
				mu.Unlock()
				runtime.Gosched()
			}
		}, func() {})
	}()
	var g sync.WaitGroup
	for i := range pods {
		g.Go(func() { l.follow(t, i, &fakeLog{pod: i, lines: lines, step: time.Millisecond, at: start}) })
	}
	g.Wait()
	l.order.close()
	<-done
	if l.lines.Load() != pods*lines {
		t.Errorf("%d lines came of %d", l.lines.Load(), pods*lines)
	}
	if bound := pods * (sourceBytes + batchLines*300); most > bound {
		t.Errorf("%d bytes waited, want %d at most", most, bound)
	}
}

// BenchmarkTwoHundredPods is the way of a line from its connection to the sink.
func BenchmarkTwoHundredPods(b *testing.B) {
	const pods = 200
	l := fakeLogs{order: newOrder(orderWindow)}
	var g, sink sync.WaitGroup
	sink.Go(func() { l.order.run(func(Line) { l.lines.Add(1) }, func() {}) })
	b.ReportAllocs()
	for i := range pods {
		g.Go(func() { l.follow(b, i, &fakeLog{pod: i, lines: b.N/pods + 1, step: time.Millisecond, at: start}) })
	}
	g.Wait()
	l.order.close()
	sink.Wait()
	b.ReportMetric(float64(l.lines.Load())/b.Elapsed().Seconds(), "lines/s")
}

// waiting is how much waits in all queues.
func (o *order) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for s := range o.speaking {
		n += s.bytes
	}
	return n
}
