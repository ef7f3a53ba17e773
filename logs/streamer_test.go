package logs

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
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

var dev = Selector{Release: "r", Namespace: "dev"}

var start = time.Date(2030, 1, 2, 3, 4, 5, 600_000_000, time.UTC)

// Connections break anywhere, with and without an error, while lines are
// written; some lines are equal, share a timestamp, or are stored out of
// order. Each line comes once.
func TestBrokenConnectionsLoseAndRepeatNothing(t *testing.T) {
	for _, clean := range []bool{true, false} {
		t.Run(fmt.Sprintf("clean end %v", clean), func(t *testing.T) {
			a := newFakeAPI(t)
			a.cutLog = func(n int) (int, bool) {
				if n > 60 {
					return 1 << 40, true
				}
				return 37 * (n + 13*n%700), clean
			}
			p := aPod("app-1", "app")
			run := a.run("app-1/app", "id-1")
			a.put("ADDED", statuses(p, running("app", "id-1")))
			c := follow(t, a, Options{}, dev)
			var want []string
			at := start
			for i := range 3000 {
				text := fmt.Sprintf("line %d", i)
				switch i % 7 {
				case 1:
					text = "same" // as the one before it, at the same time
				case 2:
					text = "same"
				case 3:
					at = at.Add(3 * time.Millisecond)
				case 4:
					at = at.Add(-2 * time.Millisecond) // stderr beside stdout
				case 5:
					at = at.Add(2 * time.Millisecond)
				}
				want = append(want, text)
				a.write(run, at, text+"\n")
			}
			c.texts(3000)
			a.end(run)
			a.put("MODIFIED", statuses(p, ended("app", "id-1", at)))
			c.exactly(want...)
			if a.logN < 30 {
				t.Errorf("only %d connections: the test cut too few", a.logN)
			}
		})
	}
}

// The last lines before a crash come although the connection broke before
// them and the kubelet had begun the next run by the time it was made anew,
// while the pod's status still told of the old one.
func TestTailOfACrashedRunIsRead(t *testing.T) {
	for name, gap := range map[string]time.Duration{"next run a minute later": time.Minute, "in the same second": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			a := newFakeAPI(t)
			p := aPod("app-1", "app")
			first := a.run("app-1/app", "id-1")
			for i := range 10 {
				a.write(first, start.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("first %d\n", i))
			}
			var second *fakeRun
			a.cutLog = func(n int) (int, bool) {
				if n > 1 {
					return 1 << 40, true
				}
				// The kubelet restarts the container as the connection breaks.
				a.end(first)
				second = a.run("app-1/app", "id-2")
				for i := range 3 {
					a.write(second, start.Add(gap+time.Duration(i)*time.Millisecond), fmt.Sprintf("second %d\n", i))
				}
				return 45 * 4, false
			}
			a.put("ADDED", statuses(p, running("app", "id-1")))
			c := follow(t, a, Options{}, dev)
			c.texts(4 + 3) // four of the first run, three of the second taken for it
			now := running("app", "id-2")
			now.LastTerminationState.Terminated = terminated("id-1", start.Add(9*time.Millisecond))
			now.RestartCount = 1
			a.put("MODIFIED", statuses(p, now))
			got := c.texts(13)
			a.write(second, start.Add(gap+time.Second), "second 3\n")
			c.texts(14)
			c.stop()
			got = c.texts(14)
			var want []string
			for i := range 10 {
				want = append(want, fmt.Sprintf("first %d", i))
			}
			for i := range 4 {
				want = append(want, fmt.Sprintf("second %d", i))
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunsBeforeTheFirstLook(t *testing.T) {
	setup := func(t *testing.T) (*fakeAPI, *corev1.Pod) {
		a := newFakeAPI(t)
		first := a.run("app-1/app", "id-1")
		a.write(first, start, "one\n")
		a.write(first, start.Add(time.Second), "panic: out of luck\n")
		a.end(first)
		return a, aPod("app-1", "app")
	}
	t.Run("waits to be restarted", func(t *testing.T) {
		a, p := setup(t)
		a.run("app-1/app", "id-2") // being made
		s := corev1.ContainerStatus{Name: "app", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		a.put("ADDED", statuses(p, s))
		follow(t, a, Options{}, dev).exactly("one", "panic: out of luck")
	})
	t.Run("runs again", func(t *testing.T) {
		a, p := setup(t)
		a.write(a.run("app-1/app", "id-2"), start.Add(2*time.Second), "again\n")
		s := running("app", "id-2")
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		a.put("ADDED", statuses(p, s))
		follow(t, a, Options{}, dev).exactly("one", "panic: out of luck", "again")
	})
	t.Run("ended for good", func(t *testing.T) {
		a, p := setup(t)
		a.put("ADDED", statuses(p, ended("app", "id-1", start.Add(time.Second))))
		follow(t, a, Options{}, dev).exactly("one", "panic: out of luck")
	})
	t.Run("log is gone", func(t *testing.T) {
		a, p := setup(t)
		a.do(func() { a.logs["app-1/app"] = nil })
		a.write(a.run("app-1/app", "id-2"), start.Add(2*time.Second), "again\n")
		s := running("app", "id-2")
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		a.put("ADDED", statuses(p, s))
		follow(t, a, Options{}, dev).exactly("again")
	})
	t.Run("only the tail is wanted", func(t *testing.T) {
		a, p := setup(t)
		second := a.run("app-1/app", "id-2")
		for i := range 9 {
			a.write(second, start.Add(time.Duration(2+i)*time.Second), fmt.Sprintf("again %d\n", i))
		}
		s := running("app", "id-2")
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		a.put("ADDED", statuses(p, s))
		follow(t, a, Options{Tail: 2}, dev).exactly("again 7", "again 8")
	})
	t.Run("only what is recent", func(t *testing.T) {
		a, p := setup(t)
		a.write(a.run("app-1/app", "id-2"), time.Now(), "now\n")
		s := running("app", "id-2")
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		a.put("ADDED", statuses(p, s))
		// start is in the future for a while yet: the fake's past must be past.
		a.do(func() {
			for i := range a.logs["app-1/app"][0].lines {
				a.logs["app-1/app"][0].lines[i].at = time.Now().Add(-time.Hour)
			}
		})
		follow(t, a, Options{Since: time.Minute}, dev).exactly("now")
	})
	t.Run("nothing old is wanted", func(t *testing.T) {
		a, p := setup(t)
		second := a.run("app-1/app", "id-2")
		a.write(second, time.Now().Add(-3*time.Second), "old\n")
		a.put("ADDED", statuses(p, running("app", "id-2")))
		c := follow(t, a, Options{Tail: -1}, dev)
		a.until(func() bool { return a.logN > 0 })
		a.write(second, time.Now(), "new\n")
		// A pod that starts later is delivered from its first line.
		a.write(a.run("app-2/app", "id-3"), time.Now().Add(-time.Minute), "slow clock\n")
		c.texts(1)
		a.put("ADDED", statuses(aPod("app-2", "app"), running("app", "id-3")))
		c.exactly("new", "slow clock")
	})
}

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

func TestOddLines(t *testing.T) {
	a := newFakeAPI(t)
	run := a.run("app-1/app", "id-1")
	long := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	endless := strings.Repeat("x", 5<<20)
	for i, text := range []string{"", "two  spaces ", long, "windows\r", "bad \xff\xfe utf-8", `{"level":"info"}`, "größe 大"} {
		a.write(run, start.Add(time.Duration(i)*time.Millisecond), text+"\n")
	}
	a.write(run, start.Add(time.Second), endless+"\n")
	a.write(run, start.Add(2*time.Second), "no line end")
	a.end(run)
	a.put("ADDED", statuses(aPod("app-1", "app"), ended("app", "id-1", start.Add(2*time.Second))))
	c := follow(t, a, Options{}, dev)
	got := c.texts(11)
	c.stop()
	got = c.texts(11)
	want := []string{"", "two  spaces ", long, "windows", "bad \uFFFD utf-8", `{"level":"info"}`, "größe 大"}
	if diff := cmp.Diff(want, got[:7]); diff != "" {
		t.Errorf("lines (-want +got):\n%.2000s", diff)
	}
	if parts := got[7 : len(got)-1]; strings.Join(parts, "") != endless || len(parts) > 3 {
		t.Errorf("a line of 5 MiB came in %d parts, not whole", len(parts))
	}
	if last := got[len(got)-1]; last != "no line end" {
		t.Errorf("last line is %.100q", last)
	}
	if at := c.lines[1].Time; !at.Equal(start.Add(time.Millisecond)) {
		t.Errorf("time of a line is %v", at)
	}
}

func TestEveryKindOfContainerFromItsStart(t *testing.T) {
	a := newFakeAPI(t)
	p := aPod("app-1", "app", "sidecar")
	p.Spec.InitContainers = []corev1.Container{{Name: "migrate"}}
	a.put("ADDED", p)
	c := follow(t, a, Options{}, dev)

	migrate := a.run("app-1/migrate", "id-m")
	a.write(migrate, start, "migrating\n")
	p.Status.InitContainerStatuses = []corev1.ContainerStatus{running("migrate", "id-m")}
	a.put("MODIFIED", p)
	c.texts(1)
	a.write(migrate, start.Add(time.Second), "migrated\n")
	a.end(migrate)
	c.texts(2)

	p.Status.InitContainerStatuses = []corev1.ContainerStatus{ended("migrate", "id-m", start.Add(time.Second))}
	for i, name := range []string{"app", "sidecar"} {
		a.write(a.run("app-1/"+name, "id-"+name), start.Add(time.Duration(2+i)*time.Second), name+" here\n")
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, running(name, "id-"+name))
		a.put("MODIFIED", p)
		c.texts(3 + i)
	}
	a.write(a.run("app-1/debug", "id-d"), start.Add(5*time.Second), "debugging\n")
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug"}}}
	p.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{running("debug", "id-d")}
	a.put("MODIFIED", p)
	c.exactly("migrating", "migrated", "app here", "sidecar here", "debugging")
	var from []string
	for _, l := range c.lines {
		from = append(from, l.Release+" "+l.Namespace+" "+l.Pod+" "+l.Container)
	}
	want := []string{"r dev app-1 migrate", "r dev app-1 migrate", "r dev app-1 app", "r dev app-1 sidecar", "r dev app-1 debug"}
	if diff := cmp.Diff(want, from); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
}

func TestFollowChangesWhatIsChosen(t *testing.T) {
	a := newFakeAPI(t)
	one, two := a.run("one/c", "id-1"), a.run("two/c", "id-2")
	a.put("ADDED", statuses(aPod("one", "c"), running("c", "id-1")))
	a.put("ADDED", statuses(aPod("two", "c"), running("c", "id-2")))
	only := func(release, app string) Selector {
		return Selector{Release: release, Namespace: "dev", Labels: labels.SelectorFromSet(labels.Set{"app": app})}
	}
	c := follow(t, a, Options{}, only("r", "one"))
	a.write(one, start, "one: 1\n")
	a.write(two, start, "two: 1\n")
	c.texts(1)
	c.s.Follow([]Selector{only("r", "two")})
	c.texts(2)
	a.write(one, start.Add(time.Second), "one: 2\n")
	a.write(two, start.Add(time.Second), "two: 2\n")
	c.texts(3)
	c.s.Follow([]Selector{only("s", "one"), only("s", "two")})
	c.texts(4) // one goes on where it was left
	a.write(two, start.Add(2*time.Second), "two: 3\n")
	c.exactly("one: 1", "two: 1", "two: 2", "one: 2", "two: 3")
	if last := c.lines[4].Release; last != "s" {
		t.Errorf("the release of the last line is %q, want s", last)
	}
}

func TestPodsThatVanishAndReturn(t *testing.T) {
	a := newFakeAPI(t)
	p := aPod("db-0", "db")
	run := a.run("db-0/db", "id-1")
	a.put("ADDED", statuses(p, running("db", "id-1")))
	c := follow(t, a, Options{}, dev)
	a.write(run, start, "one\n")
	c.texts(1)
	a.write(run, start.Add(time.Second), "last words")
	a.end(run)
	a.put("DELETED", statuses(p, running("db", "id-1")))
	c.texts(2)
	// A pod of the same name is another pod.
	a.do(func() { a.logs = map[string][]*fakeRun{} })
	p.UID = "another"
	a.write(a.run("db-0/db", "id-2"), start.Add(time.Minute), "two\n")
	a.put("ADDED", statuses(p, running("db", "id-2")))
	c.exactly("one", "last words", "two")
}

func TestWatchIsResumedAndListedAnew(t *testing.T) {
	a := newFakeAPI(t)
	c := follow(t, a, Options{}, dev)
	begin := func(name string) {
		a.write(a.run(name+"/c", "id-"+name), start, name+"\n")
		a.put("ADDED", statuses(aPod(name, "c"), running("c", "id-"+name)))
	}
	begin("a")
	c.texts(1)
	a.endWatches()
	begin("b")
	c.texts(2)
	if a.lists != 1 {
		t.Errorf("%d lists; a watch that ended was not resumed", a.lists)
	}
	// While nobody watches, a pod goes and one comes, and then the server
	// does not know the place any more.
	gone := a.pods["b"]
	a.do(func() { a.oldest = a.version + 3 })
	a.endWatches()
	a.put("DELETED", gone)
	begin("c")
	c.texts(3)
	c.exactly("a", "b", "c")
	if a.lists < 2 {
		t.Error("the pods were not listed again")
	}
}

func TestNoRightToReadLogsIsToldOnce(t *testing.T) {
	a := newFakeAPI(t)
	a.refuse = 403
	told := make(chan error, 10)
	for _, name := range []string{"a", "b"} {
		a.run(name+"/c", "id")
		a.put("ADDED", statuses(aPod(name, "c"), running("c", "id")))
	}
	c := follow(t, a, Options{Notice: func(err error) { told <- err }}, dev)
	select {
	case err := <-told:
		if !strings.Contains(err.Error(), "container c of pod dev/") || !strings.Contains(err.Error(), "forbidden") {
			t.Errorf("told %v", err)
		}
	case <-time.After(deadline):
		t.Fatal("nothing was told")
	}
	a.until(func() bool { return a.logN > 6 })
	c.stop()
	if len(told) > 0 {
		t.Errorf("told again: %v", <-told)
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	a := newFakeAPI(t)
	for i := range 20 {
		name := fmt.Sprintf("p%d", i)
		run := a.run(name+"/c", "id")
		for j := range 500 {
			a.write(run, start.Add(time.Duration(j)*time.Millisecond), "x\n")
		}
		a.put("ADDED", statuses(aPod(name, "c"), running("c", "id")))
	}
	before := runtime.NumGoroutine()
	c := follow(t, a, Options{}, dev)
	c.texts(1000) // in the middle of it
	c.stop()
	a.client.CoreV1().RESTClient() // its idle connections are the transport's
	for end := time.Now().Add(deadline); ; runtime.Gosched() {
		buf := make([]byte, 1<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "devloop/logs.(*Streamer)") && !strings.Contains(stacks, "logs.(*follower)") && !strings.Contains(stacks, "logs.(*podWatch)") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("goroutines are left (%d before):\n%s", before, stacks)
		}
	}
}

// A sink that is slow slows the reading down, and gets every line.
func TestSlowSink(t *testing.T) {
	a := newFakeAPI(t)
	run := a.run("p/c", "id")
	for j := range 5000 {
		a.write(run, start.Add(time.Duration(j)*time.Millisecond), "x\n")
	}
	a.end(run)
	a.put("ADDED", statuses(aPod("p", "c"), ended("c", "id", start.Add(5*time.Second))))
	gate, n := make(chan struct{}), 0
	s := New(a.client, Options{}, func(Line) {
		<-gate
		n++
	})
	s.Follow([]Selector{dev})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for i := range 5000 {
		select {
		case gate <- struct{}{}:
		case <-time.After(deadline):
			t.Fatalf("%d lines came", i)
		}
	}
	cancel()
	if err := <-done; err != nil || n != 5000 {
		t.Errorf("%d lines, error %v", n, err)
	}
}
