package logs

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
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
	width            int // of the text at least
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
			f.rest = fmt.Appendf(f.rest, " pod %d line %d of a log as long as lines are wont to be", f.pod, f.line)
			f.rest = append(f.rest, make([]byte, max(0, f.width-len(f.rest)))...)
			f.rest = append(f.rest, '\n')
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

// twoHundredPods has a Streamer follow 200 fake pods over HTTP/2, each of which
// writes lines as fast as they are taken, at least width bytes long.
func twoHundredPods(t testing.TB, lines, width int, sink func(Line)) *fakeAPI {
	a := newHTTP2API(t)
	a.source = func(name string) io.Reader {
		pod, err := strconv.Atoi(strings.TrimPrefix(name, "pod-"))
		if err != nil {
			t.Error(err)
		}
		return &fakeLog{pod: pod, lines: lines, width: width, step: time.Millisecond, at: start}
	}
	for i := range 200 {
		name := fmt.Sprint("pod-", i)
		a.put("ADDED", statuses(aPod(name, "app"), running("app", "id-"+name)))
	}
	s := New(a.client, Options{}, sink)
	s.Follow([]Selector{dev})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return a
}

// While nobody takes their lines, what 200 pods have to say stays with the
// kubelets, but for a bounded part; then every line comes, once and in order.
func TestTwoHundredPodsOfAStoppedSink(t *testing.T) {
	const pods, lines, width = 200, 600, 1000
	open, done := make(chan struct{}), make(chan struct{})
	next, count := map[string]int{}, 0
	a := twoHundredPods(t, lines, width, func(line Line) {
		<-open
		want := fmt.Sprintf("pod %s line %d of", strings.TrimPrefix(line.Pod, "pod-"), next[line.Pod])
		if next[line.Pod]++; !strings.HasPrefix(line.Text, want) {
			t.Errorf("%s: %.30q came, want %q", line.Pod, line.Text, want)
		}
		if count++; count == pods*lines {
			close(done)
		}
	})
	// The queue, the reader and the HTTP/2 window of each; 8 MiB in the network.
	bound := int64(pods*(sourceBytes+batchLines*(width+200)+32<<10+256<<10+16<<10) + 8<<20)
	for last, same := int64(-1), 0; same < 25; time.Sleep(20 * time.Millisecond) { // until no more is taken
		now := a.written.Load()
		if same++; now != last || now < pods*sourceBytes {
			last, same = now, 0
		}
		if now > bound {
			t.Errorf("%d MiB were taken though nobody reads them, want %d at most", now>>20, bound>>20)
			break
		}
	}
	t.Logf("%d of %d MiB are on their way", a.written.Load()>>20, pods*lines*width>>20)
	close(open)
	select {
	case <-done:
	case <-time.After(3 * time.Minute):
		t.Error("not every line came")
	}
}

// BenchmarkTwoHundredPodsOverHTTP2 is the same with client-go and a network between.
func BenchmarkTwoHundredPodsOverHTTP2(b *testing.B) {
	each := b.N/200 + 1
	done, count := make(chan struct{}), 0
	b.ReportAllocs()
	twoHundredPods(b, each, 0, func(Line) {
		if count++; count == 200*each {
			close(done)
		}
	})
	<-done
	b.ReportMetric(float64(200*each)/b.Elapsed().Seconds(), "lines/s")
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
