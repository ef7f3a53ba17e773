package filesync

import (
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/devloop-dev/devloop/build"
)

// Container is one run of a container: after a restart it is another one.
type Container struct {
	Namespace, Pod, Name string
	ID                   string // the runtime's, without its scheme
	Node                 string
	// Apart: its processes are not what they seem from the node, as in a virtual
	// machine, so that only the API leads into it.
	Apart bool
}

// String names it for the user.
func (c Container) String() string {
	return fmt.Sprintf("container %s of pod %s", c.Name, c.Pod)
}

// place is where a container runs again after it has ended.
type place struct {
	pod  types.UID
	name string
}

// cell is a running container and what was copied into it.
type cell struct {
	Container
	place
	ref    string // canonical reference of its image
	labels map[string]string
	owned  bool            // something makes another pod when this one is deleted
	stale  bool            // it was copied into before this process began
	turn   chan struct{}   // holds one while somebody works on it
	holds  map[string]held // what was copied, by path
	marked bool
}

// mark is the annotation of a pod that tells into which container files were
// copied: they are in no image, so whoever begins anew must know.
func mark(container string) string { return "synced.devloop.dev/" + container }

// cells are the running containers of a pod that is not about to go.
func cells(pod *corev1.Pod) map[place]*cell {
	images := map[string]string{}
	for _, c := range pod.Spec.Containers {
		images[c.Name] = c.Image
	}
	for _, c := range pod.Spec.InitContainers {
		images[c.Name] = c.Image
	}
	found := map[place]*cell{}
	if pod.DeletionTimestamp != nil {
		return found
	}
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for _, st := range list {
			_, id, ok := strings.Cut(st.ContainerID, "://")
			ref, err := build.Canonical(images[st.Name])
			if st.State.Running == nil || !ok || err != nil {
				continue
			}
			at := place{pod.UID, st.Name}
			found[at] = &cell{
				Container: Container{pod.Namespace, pod.Name, st.Name, id, pod.Spec.NodeName, pod.Spec.RuntimeClassName != nil},
				place:     at, ref: ref, labels: maps.Clone(pod.Labels), owned: metav1.GetControllerOf(pod) != nil,
				stale: pod.Annotations[mark(st.Name)] == id,
				turn:  make(chan struct{}, 1), holds: map[string]held{},
			}
		}
	}
	return found
}

// take waits for the turn to work on a container.
func (c *cell) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *cell) leave() { <-c.turn }

// wrote tells whether files were copied into the container.
func (c *cell) wrote(ctx context.Context) (bool, error) {
	if err := c.take(ctx); err != nil {
		return false, err
	}
	defer c.leave()
	return len(c.holds) > 0, nil
}
