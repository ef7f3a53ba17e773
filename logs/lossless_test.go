package logs

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

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
				return 20_000 + n*7919%9000, clean
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
					at = at.Add(30 * time.Millisecond)
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
			if n := a.requests(); n < 10 {
				t.Errorf("only %d connections: the test cut too few", n)
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
			c.texts(13)
			a.write(second, start.Add(gap+time.Second), "second 3\n")
			c.texts(14)
			c.stop()
			got := c.texts(14)
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
	t.Run("ended for good, and the connection breaks without a sign", func(t *testing.T) {
		a, p := setup(t)
		a.cutLog = func(n int) (int, bool) {
			if n > 1 {
				return 1 << 40, true
			}
			return 40, true
		}
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
	t.Run("only the tail is wanted: also that of a crash", func(t *testing.T) {
		a, p := setup(t)
		a.do(func() {
			lines := &a.logs["app-1/app"][0].lines
			*lines = append([]fakeLine{{start.Add(-time.Second), "long ago\n"}}, *lines...)
		})
		second := a.run("app-1/app", "id-2")
		for i := range 9 {
			a.write(second, start.Add(time.Duration(2+i)*time.Second), fmt.Sprintf("again %d\n", i))
		}
		s := running("app", "id-2")
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		a.put("ADDED", statuses(p, s))
		follow(t, a, Options{Tail: 2}, dev).exactly("one", "panic: out of luck", "again 7", "again 8")
	})
	t.Run("only the tail is wanted, and the run before ended well", func(t *testing.T) {
		a, p := setup(t)
		second := a.run("app-1/app", "id-2")
		for i := range 9 {
			a.write(second, start.Add(time.Duration(2+i)*time.Second), fmt.Sprintf("again %d\n", i))
		}
		s := running("app", "id-2")
		s.LastTerminationState.Terminated = terminated("id-1", start.Add(time.Second))
		s.LastTerminationState.Terminated.ExitCode = 0
		a.put("ADDED", statuses(p, s))
		follow(t, a, Options{Tail: 2}, dev).exactly("again 7", "again 8")
	})
	t.Run("only the tail is wanted, and the connection breaks", func(t *testing.T) {
		a := newFakeAPI(t)
		a.cutLog = func(n int) (int, bool) {
			if n > 1 {
				return 1 << 40, true
			}
			return 100, false
		}
		run := a.run("app-1/app", "id-1")
		for i := range 9 { // all within the time that is asked for again
			a.write(run, start.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("line %d\n", i))
		}
		a.put("ADDED", statuses(aPod("app-1", "app"), running("app", "id-1")))
		c := follow(t, a, Options{Tail: 3}, dev)
		c.texts(3)
		a.write(run, start.Add(time.Second), "line 9\n")
		c.exactly("line 6", "line 7", "line 8", "line 9")
		if a.requests() < 2 {
			t.Error("the connection did not break")
		}
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
		a.until(func() bool { return a.logN > 1 }) // where it ends is known
		a.write(second, time.Now(), "new\n")
		// A pod that starts later is delivered from its first line.
		a.write(a.run("app-2/app", "id-3"), time.Now().Add(-time.Minute), "slow clock\n")
		c.texts(1)
		a.put("ADDED", statuses(aPod("app-2", "app"), running("app", "id-3")))
		c.exactly("new", "slow clock")
	})
}
