package logs

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// after is the status of a container that runs, or waits, after a run that crashed.
func after(crashed, now string, restarts int32) corev1.ContainerStatus {
	s := corev1.ContainerStatus{Name: "c", ContainerID: now, RestartCount: restarts}
	if now == "" {
		s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}
	} else {
		s.State.Running = &corev1.ContainerStateRunning{}
	}
	if crashed != "" {
		s.LastTerminationState.Terminated = terminated(crashed, start)
	}
	return s
}

// followCrashes follows, and returns what expects to be told these crashes next.
func followCrashes(t *testing.T, a *fakeAPI, sel ...Selector) (c *catch, expect func(want ...string)) {
	told := make(chan Crash, 100)
	c = follow(t, a, Options{Crashed: func(c Crash) { told <- c }}, sel...)
	return c, func(want ...string) {
		t.Helper()
		var got []string
		for range want {
			select {
			case c := <-told:
				got = append(got, fmt.Sprintf("%s %s/%s exit %d restarts %d over %v", c.Release, c.Pod, c.Container, c.ExitCode, c.Restarts, c.Over))
			case <-time.After(deadline):
				t.Fatalf("told %q, want %q", got, want)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	}
}

// What crashed before its release was chosen is no news, unless it is down still.
func TestCrashesOfReleasesThatAreChosenLater(t *testing.T) {
	a := newFakeAPI(t)
	only := func(app string) Selector {
		return Selector{Release: app, Namespace: "dev", Labels: labels.SelectorFromSet(labels.Set{"app": app})}
	}
	for _, app := range []string{"first", "old", "down"} {
		now := "id-1"
		if app == "down" {
			now = ""
		}
		a.put("ADDED", statuses(aPod(app, "c"), after("id-0", now, 4)))
	}
	c, expect := followCrashes(t, a, only("first"))
	a.put("MODIFIED", statuses(aPod("first", "c"), ended("c", "id-1", start))) // the list has been taken in then
	expect("first first/c exit 1 restarts 0 over false")
	c.s.Follow([]Selector{only("first"), only("old"), only("down")})
	expect("down down/c exit 1 restarts 4 over false")
	old := statuses(aPod("old", "c"), after("id-0", "id-1", 4))
	old.Labels["more"] = "yes"
	a.put("MODIFIED", old)
	a.put("MODIFIED", statuses(aPod("first", "c"), after("id-1", "id-2", 1)))
	expect("first first/c exit 1 restarts 0 over true") // and nothing of old
	// With another namespace in place of this one nobody sees what becomes of it.
	c.s.Follow([]Selector{{Release: "first", Namespace: "other"}})
	expect("down down/c exit 1 restarts 4 over true")
}

func TestACrashIsToldOnceAndThatItIsOver(t *testing.T) {
	a := newFakeAPI(t)
	a.put("ADDED", statuses(aPod("old", "c"), after("id-0", "id-1", 4)))
	a.put("ADDED", statuses(aPod("down", "c"), after("id-0", "", 7)))
	_, expect := followCrashes(t, a, dev)
	expect("r down/c exit 1 restarts 7 over false") // and nothing of old, which runs

	web := aPod("web", "c")
	a.put("ADDED", statuses(web, after("", "id-1", 0)))
	a.put("MODIFIED", statuses(web, ended("c", "id-1", start)))
	a.put("MODIFIED", statuses(web, after("id-1", "", 0)))
	expect("r web/c exit 1 restarts 0 over false")
	a.put("MODIFIED", statuses(web, after("id-1", "id-2", 1)))
	expect("r web/c exit 1 restarts 0 over true")
	a.put("MODIFIED", statuses(web, after("id-2", "id-3", 2))) // nobody saw it down
	expect("r web/c exit 1 restarts 2 over false", "r web/c exit 1 restarts 2 over true")

	// It ends well before anybody has seen it run.
	a.put("MODIFIED", statuses(web, ended("c", "id-3", start)))
	well := ended("c", "id-4", start)
	well.State.Terminated.ExitCode = 0
	a.put("MODIFIED", statuses(web, well))
	expect("r web/c exit 1 restarts 0 over false", "r web/c exit 1 restarts 0 over true")

	going := statuses(web, ended("c", "id-5", start))
	going.DeletionTimestamp = &metav1.Time{Time: start}
	a.put("MODIFIED", going)
	job := aPod("job", "c")
	job.Spec.RestartPolicy = corev1.RestartPolicyNever
	a.put("ADDED", statuses(job, ended("c", "id-1", start)))
	a.put("DELETED", statuses(aPod("down", "c"), after("id-0", "", 7)))
	expect("r down/c exit 1 restarts 7 over true") // and nothing of the two before
}
