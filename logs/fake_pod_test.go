package logs

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// aPod makes a pod with the given containers, none of which has started.
func aPod(name string, names ...string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "dev", UID: types.UID("uid-" + name), Labels: map[string]string{"app": name},
	}}
	for _, c := range names {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c})
	}
	return p
}

func running(container, id string) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: container, ContainerID: id,
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
	}
}

func ended(container, id string, at time.Time) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: container, ContainerID: id,
		State: corev1.ContainerState{Terminated: terminated(id, at)},
	}
}

func terminated(id string, at time.Time) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{ContainerID: id, ExitCode: 1, FinishedAt: metav1.NewTime(at.Truncate(time.Second))}
}

func statuses(p *corev1.Pod, s ...corev1.ContainerStatus) *corev1.Pod {
	p = p.DeepCopy()
	p.Status.ContainerStatuses = s
	return p
}
