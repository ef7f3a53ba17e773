package logs

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// startedAt is running, with the time at which it started.
func startedAt(container, id string, at time.Time) corev1.ContainerStatus {
	s := running(container, id)
	s.State.Running.StartedAt = metav1.NewTime(at.Truncate(time.Second))
	return s
}

// The clocks of the cluster are far from this machine's. What is old and what is
// new is told by theirs.
func TestClocksThatDiffer(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Hour, 0, time.Hour} {
		clock := func(t *testing.T) (*fakeAPI, *fakeRun) {
			a := newFakeAPI(t)
			a.ahead = ahead
			run := a.run("app-1/app", "id-1")
			a.put("ADDED", statuses(aPod("app-1", "app"), startedAt("app", "id-1", a.now().Add(-20*time.Minute))))
			return a, run
		}
		t.Run(fmt.Sprintf("since, %v ahead", ahead), func(t *testing.T) {
			a, run := clock(t)
			a.cutLog = func(n int) (int, bool) {
				switch n {
				case 1:
					return 0, false // before a line was seen
				case 2:
					return 45, true // after the first line
				}
				return 1 << 40, true
			}
			a.write(run, a.now().Add(-10*time.Minute), "old\n")
			a.write(run, a.now().Add(-62*time.Second), "too old\n")
			a.write(run, a.now().Add(-20*time.Second), "recent 1\n")
			a.write(run, a.now().Add(-20*time.Second), "recent 2\n")
			c := follow(t, a, Options{Since: time.Minute}, dev)
			c.texts(2)
			a.write(run, a.now(), "new\n")
			c.exactly("recent 1", "recent 2", "new")
			if n := a.requests(); n < 3 {
				t.Errorf("%d requests: no connection was cut", n)
			}
		})
		t.Run(fmt.Sprintf("from now on, %v ahead", ahead), func(t *testing.T) {
			a, run := clock(t)
			for i := range 50 {
				a.write(run, a.now().Add(-10*time.Millisecond), fmt.Sprintf("old %d\n", i))
			}
			a.cutLog = func(n int) (int, bool) {
				switch n {
				case 1:
					return 0, false
				case 3: // the stream: a line is written just as it breaks
					a.write(run, a.now(), "new 1\n")
					return 0, true
				}
				return 1 << 40, true
			}
			c := follow(t, a, Options{Tail: -1}, dev)
			c.texts(1)
			a.write(run, a.now(), "new 2\n")
			c.exactly("new 1", "new 2")
		})
		t.Run(fmt.Sprintf("from now on, whose end is not told, %v ahead", ahead), func(t *testing.T) {
			t.Parallel()
			a, run := clock(t)
			a.write(run, a.now().Add(-time.Minute), "old\n")
			a.cutLog = func(n int) (int, bool) {
				if n == 2 {
					a.write(run, a.now(), "new\n")
				}
				if n < 7 { // more than a second, with the pauses
					return 0, true
				}
				return 1 << 40, true
			}
			follow(t, a, Options{Tail: -1}, dev).exactly("new")
		})
		t.Run(fmt.Sprintf("tail, %v ahead", ahead), func(t *testing.T) {
			a, run := clock(t)
			for i := range 9 {
				a.write(run, a.now().Add(-time.Minute), fmt.Sprintf("old %d\n", i))
			}
			// This one has begun since devloop did, and is seen in the first list.
			lately := a.run("new/app", "id-2")
			for i := range 3 {
				a.write(lately, a.now(), fmt.Sprintf("new %d\n", i))
			}
			a.put("ADDED", statuses(aPod("new", "app"), startedAt("app", "id-2", a.now())))
			c := follow(t, a, Options{Tail: 1}, dev)
			c.exactlyOf(map[string][]string{"app-1": {"old 8"}, "new": {"new 0", "new 1", "new 2"}})
		})
	}
}

// A pod that was there before is not shown from its start because it is chosen
// later than others of its namespace.
func TestOldPodsThatAreChosenLater(t *testing.T) {
	a := newFakeAPI(t)
	only := func(app string) Selector {
		return Selector{Release: app, Namespace: "dev", Labels: labels.SelectorFromSet(labels.Set{"app": app})}
	}
	for _, name := range []string{"one", "two"} {
		run := a.run(name+"/c", "id-"+name)
		for i := range 5 {
			a.write(run, start.Add(time.Duration(i)*time.Second), fmt.Sprintf("%s %d\n", name, i))
		}
		a.put("ADDED", statuses(aPod(name, "c"), running("c", "id-"+name)))
	}
	c := follow(t, a, Options{Tail: 2}, only("one"))
	c.texts(2)
	c.s.Follow([]Selector{only("one"), only("two")})
	c.exactly("one 3", "one 4", "two 3", "two 4")
}
