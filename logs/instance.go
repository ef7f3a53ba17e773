package logs

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// instance is one run of a container. The kubelet keeps the log of the current
// one and of the one before.
type instance struct {
	id       string // the runtime's; "" when there is none
	running  bool
	crashed  bool      // it ended with another exit code than 0
	finished time.Time // in whole seconds; zero when unknown or running
}

// view is what the pod's status says of a container.
type view struct {
	current  instance
	previous instance
	started  time.Time // of the current one, or else of the previous one; in whole seconds
	gone     bool      // the pod was deleted
}

// containers lists the names of a pod's containers, in the order in which they
// start.
func containers(pod *corev1.Pod) []string {
	var names []string
	for _, c := range pod.Spec.InitContainers {
		names = append(names, c.Name)
	}
	for _, c := range pod.Spec.Containers {
		names = append(names, c.Name)
	}
	for _, c := range pod.Spec.EphemeralContainers {
		names = append(names, c.Name)
	}
	return names
}

func viewOf(pod *corev1.Pod, container string) view {
	for _, list := range [][]corev1.ContainerStatus{
		pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses,
	} {
		for _, s := range list {
			if s.Name == container {
				return viewOfStatus(s)
			}
		}
	}
	return view{}
}

func viewOfStatus(s corev1.ContainerStatus) view {
	var v view
	if t := s.State.Terminated; t != nil {
		v.current, v.started = over(t), t.StartedAt.Time
	}
	if r := s.State.Running; r != nil {
		v.current, v.started = instance{id: s.ContainerID, running: true}, r.StartedAt.Time
	}
	if t := s.LastTerminationState.Terminated; t != nil && t.ContainerID != v.current.id {
		v.previous = over(t)
		if v.current.id == "" {
			v.started = t.StartedAt.Time
		}
	}
	return v
}

func over(t *corev1.ContainerStateTerminated) instance {
	return instance{id: t.ContainerID, crashed: t.ExitCode != 0, finished: t.FinishedAt.Time}
}

// ran reports whether there was anything to read.
func (v view) ran() bool { return v.current.id != "" || v.previous.id != "" }

// board shows the latest view of a container to its follower.
type board struct {
	mu      sync.Mutex
	view    view
	changed chan struct{} // closed at the next change
}

func newBoard(v view) *board { return &board{view: v, changed: make(chan struct{})} }

func (b *board) get() (view, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view, b.changed
}

func (b *board) set(v view) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v == b.view {
		return
	}
	b.view = v
	close(b.changed)
	b.changed = make(chan struct{})
}
