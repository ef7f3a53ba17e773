package logs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
				if once {
					readsOnce(t, a, "one", "panic: last words")
				} else {
					follow(t, a, Options{}, dev).exactly("one", "panic: last words")
				}
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
	runs := func(id string, at time.Time) []*fakeRun {
		return []*fakeRun{{id: id, ended: true, lines: []fakeLine{{at, id + "\n"}, {at.Add(time.Millisecond), "last words of " + id}}}, {}}
	}
	first, second := runs("id-1", start), runs("id-2", start.Add(time.Minute))
	wordless := []*fakeRun{{id: "id-2", ended: true, lines: []fakeLine{{start.Add(time.Minute), "last words of id-2"}}}, {}}
	for name, test := range map[string]struct {
		before, during, after []*fakeRun // the first read, and the first that finds nothing
		want                  []string
	}{
		"before the log is read": {after: second, want: []string{"id-2", "last words of id-2"}},
		"before it is read again": {before: first, after: second,
			want: []string{"id-1", "last words of id-1", "id-2", "last words of id-2"}},
		"and the log of the next run is in its place": {before: first, during: second,
			want: []string{"id-1", "last words of id-1", "id-2", "last words of id-2"}},
		"and that of one that had nothing but last words": {before: first, during: wordless,
			want: []string{"id-1", "last words of id-1", "last words of id-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, p := newFakeAPI(t), aPod("app-1", "app")
			a.logs["app-1/app"] = test.before
			a.cutLog = func(n int) (int, bool) {
				if n == 1 && test.before != nil { // what is being read is still read to its end
					a.do(func() { a.logs["app-1/app"] = test.during })
				}
				return 1 << 40, true
			}
			a.missed = func() {
				a.do(func() { a.logs["app-1/app"] = test.after })
				a.put("MODIFIED", crashed(p, "id-2", 2))
			}
			a.put("ADDED", crashed(p, "id-1", 1))
			readsOnce(t, a, test.want...)
		})
	}
	t.Run("and its pod is gone", func(t *testing.T) {
		a, p := newFakeAPI(t), aPod("app-1", "app")
		a.logs["app-1/app"] = first
		a.cutLog = func(int) (int, bool) {
			a.do(func() { delete(a.pods, "app-1") })
			return 1 << 40, true
		}
		a.put("ADDED", crashed(p, "id-1", 1))
		readsOnce(t, a, "id-1", "last words of id-1")
	})
}

// The connection breaks inside a line of the next run, which the pod's status does not
// tell of yet. That part is no line of the run before.
func TestPartOfALineOfTheNextRun(t *testing.T) {
	a, p := newFakeAPI(t), aPod("app-1", "app")
	first := a.run("app-1/app", "id-1")
	a.write(first, start, "one\n")
	var second *fakeRun
	a.cutLog = func(n int) (int, bool) {
		switch n {
		case 1: // the kubelet restarts the container as the connection breaks
			a.end(first)
			second = a.run("app-1/app", "id-2")
			a.write(second, start.Add(time.Minute), "two\n")
			a.write(second, start.Add(time.Minute+time.Second), "three\n")
			return 1 << 40, true
		case 2:
			now := running("app", "id-2")
			now.LastTerminationState.Terminated = terminated("id-1", start)
			now.RestartCount = 1
			defer a.put("MODIFIED", statuses(p, now))
			return 2*len("2006-01-02T15:04:05.000000000Z ") + len("two\nth"), true
		}
		return 1 << 40, true
	}
	a.put("ADDED", statuses(p, running("app", "id-1")))
	c := follow(t, a, Options{}, dev)
	c.texts(3)
	a.write(second, start.Add(time.Minute+2*time.Second), "four\n")
	c.exactly("one", "two", "three", "four")
}

// Logs that cannot be read do not keep those that want to see them once.
func TestReadOnceGivesUp(t *testing.T) {
	for name, container := range map[string]corev1.ContainerStatus{"runs": running("app", "id-1"), "ended": ended("app", "id-1", start)} {
		for _, test := range []struct {
			refuse metav1.Status
			text   string
			logs   int
		}{{noRight, "pods is forbidden", 1}, {noNode, "cannot reach the node", 2}} { // that there is no right is said of one
			t.Run(fmt.Sprint(name, " ", test.refuse.Code), func(t *testing.T) {
				a := newFakeAPI(t)
				a.refuse = test.refuse
				a.run("app-1/app", "id-1")
				a.put("ADDED", statuses(aPod("app-1", "app"), container))
				a.put("ADDED", statuses(aPod("app-2", "app"), container))
				got, err := readOnce(t, a)
				if n := strings.Count(fmt.Sprint(err), test.text); len(got) > 0 || n != test.logs {
					t.Errorf("%d lines, %d times %q in the error, want %d:\n%v", len(got), n, test.text, test.logs, err)
				}
			})
		}
	}
}

// readsOnce fails if Run with Once brings other lines, or an error.
func readsOnce(t *testing.T, a *fakeAPI, want ...string) {
	t.Helper()
	got, err := readOnce(t, a)
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// readOnce fails if Run with Once does not end by itself.
func readOnce(t *testing.T, a *fakeAPI) (lines []string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	s := New(a.client, Options{Once: true}, func(l Line) { lines = append(lines, l.Text) })
	s.Follow([]Selector{dev})
	if err = s.Run(ctx); ctx.Err() != nil {
		t.Error("Run does not end")
	}
	return lines, err
}
