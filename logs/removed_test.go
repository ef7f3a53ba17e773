package logs

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The last words of a crash, which have no line end, come although the kubelet has
// removed the log by the time that it is read again, to see whether that was all.
func TestLastWordsOfALogThatIsRemoved(t *testing.T) {
	for name, remove := range map[string]func(*fakeAPI){
		"and its name":   func(a *fakeAPI) { a.do(func() { a.logs["app-1/app"] = nil }) },
		"only its files": func(a *fakeAPI) { a.do(func() { a.removed = true }) },
	} {
		for _, once := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, once %v", name, once), func(t *testing.T) {
				a := newFakeAPI(t)
				run := a.run("app-1/app", "id-1")
				a.write(run, start, "one\n")
				a.write(run, start.Add(time.Millisecond), "panic: last words")
				a.end(run)
				a.cutLog = func(n int) (int, bool) {
					remove(a) // what is being read is still read to its end
					return 1 << 40, true
				}
				a.put("ADDED", statuses(aPod("app-1", "app"), ended("app", "id-1", start.Add(time.Second))))
				follow(t, a, Options{Once: once}, dev).exactly("one", "panic: last words")
			})
		}
	}
}

// A container is restarted, crashes again and the log of its run before is removed
// while that is read once: the words of both come, as far as they can be read.
func TestReadOnceWhileAContainerCrashesAgain(t *testing.T) {
	crashed := func(p *corev1.Pod, id string, restarts int) *corev1.Pod {
		s := corev1.ContainerStatus{Name: "app", RestartCount: int32(restarts), State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}
		s.LastTerminationState.Terminated = terminated(id, start.Add(time.Second))
		return statuses(p, s)
	}
	for name, asked := range map[string]int{"before the log is read": 0, "before it is read again": 1} {
		t.Run(name, func(t *testing.T) {
			a, p := newFakeAPI(t), aPod("app-1", "app")
			runs := func(id string, at time.Time) []*fakeRun {
				return []*fakeRun{{id: id, ended: true, lines: []fakeLine{{at, id + "\n"}, {at.Add(time.Millisecond), "last words of " + id}}}, {}}
			}
			var want []string
			if asked > 0 {
				a.logs["app-1/app"] = runs("id-1", start)
				want = []string{"id-1", "last words of id-1"}
			}
			a.cutLog = func(n int) (int, bool) {
				if n == asked {
					a.do(func() { a.logs["app-1/app"] = nil })
				}
				return 1 << 40, true
			}
			a.missed = func() {
				a.do(func() { a.logs["app-1/app"] = runs("id-2", start.Add(time.Minute)) })
				a.put("MODIFIED", crashed(p, "id-2", 2))
			}
			a.put("ADDED", crashed(p, "id-1", 1))
			follow(t, a, Options{Once: true}, dev).exactly(append(want, "id-2", "last words of id-2")...)
		})
	}
}
