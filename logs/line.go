package logs

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Line is one line that a container wrote.
type Line struct {
	Time      time.Time // when the container runtime read it, to the nanosecond
	Release   string    // of the Selector that chose the pod
	Namespace string
	Pod       string
	Container string
	Text      string // without the line end; valid UTF-8; a line over 2 MiB comes in parts
}

// Selector chooses the pods of one release.
type Selector struct {
	Release   string // passed on in Line
	Namespace string
	Labels    labels.Selector // nil chooses every pod of the namespace
}

func (s Selector) matches(pod *corev1.Pod) bool {
	return s.Namespace == pod.Namespace && (s.Labels == nil || s.Labels.Matches(labels.Set(pod.Labels)))
}
