package logs

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

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
	c.texts(11)
	c.stop()
	got := c.texts(11)
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
	if n := a.listed(); n != 1 {
		t.Errorf("%d lists; a watch that ended was not resumed", n)
	}
	// From now on the server does not know the place of any watch. A pod goes
	// and one comes: only a list can tell.
	var gone *corev1.Pod
	a.do(func() { gone, a.oldest = a.pods["b"], 1<<30 })
	a.endWatches()
	a.until(func() bool { return a.lists > 1 })
	run := a.logs["b/c"][0]
	a.write(run, start.Add(time.Second), "last words of b")
	a.end(run)
	a.put("DELETED", gone)
	begin("c")
	c.texts(4) // b's last words come once it is known to be gone
	c.stop()
	got := c.texts(0)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"a", "b", "c", "last words of b"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestNoRightToReadLogsIsToldOnce(t *testing.T) {
	a := newFakeAPI(t)
	a.refuse = noRight
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
	c := follow(t, a, Options{}, dev)
	c.texts(1000) // in the middle of it
	c.stop()
	for end := time.Now().Add(deadline); ; runtime.Gosched() {
		buf := make([]byte, 1<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "logs.(*Streamer)") && !strings.Contains(stacks, "logs.(*follower)") && !strings.Contains(stacks, "logs.(*podWatch)") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("goroutines are left:\n%s", stacks)
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
