package deploy

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func terminated(code int32, reason string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}}
}

func said(reason, message string) complaints {
	return complaints(nil).with(complaint{reason: reason, message: message, container: "main"})
}

func TestDiagnose(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	container := func(cs corev1.ContainerStatus) *corev1.Pod {
		cs.Name = "main"
		return &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{cs}}}
	}
	never := container(corev1.ContainerStatus{State: terminated(1, "Error")})
	never.Spec.RestartPolicy = corev1.RestartPolicyNever
	unschedulable := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes"}}}}
	mounted := container(corev1.ContainerStatus{State: waiting("ContainerCreating", "")})
	mounted.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionTrue}}
	initPod := &corev1.Pod{Status: corev1.PodStatus{InitContainerStatuses: []corev1.ContainerStatus{{Name: "init", State: waiting("ErrImagePull", "")}}}}

	tests := []struct {
		name      string
		pod       *corev1.Pod
		oneShot   bool
		said      complaints
		reason    string // empty: no problem
		container string
		message   string
		patience  bool
		previous  bool
	}{
		{"starting", container(corev1.ContainerStatus{State: waiting("ContainerCreating", "")}), false, nil, "", "", "", false, false},
		{"no image", container(corev1.ContainerStatus{State: waiting("ErrImagePull", "not found")}), false, nil, "ErrImagePull", "main", "not found", false, false},
		{"back-off of the pull", container(corev1.ContainerStatus{State: waiting("ImagePullBackOff", "")}), false, nil, "ImagePullBackOff", "main", "", false, false},
		{"image of an init container", initPod, false, nil, "ErrImagePull", "init", "", false, false},
		{"missing key", container(corev1.ContainerStatus{State: waiting("CreateContainerConfigError", `configmap "x" not found`)}), false, nil, "CreateContainerConfigError", "main", `configmap "x" not found`, false, false},
		{"config map not read yet", container(corev1.ContainerStatus{State: waiting("CreateContainerConfigError", "failed to sync configmap cache")}), false, nil, "CreateContainerConfigError", "main", "failed to sync configmap cache", true, false},
		{"first crash", container(corev1.ContainerStatus{State: terminated(1, "Error")}), false, nil, "", "", "", false, false},
		{"restarted after a crash", container(corev1.ContainerStatus{State: running, RestartCount: 1, LastTerminationState: terminated(1, "Error")}), false, nil, "", "", "", false, false},
		{"crashed again", container(corev1.ContainerStatus{State: terminated(2, "Error"), RestartCount: 1}), false, nil, "Error", "main", "exit code 2", false, false},
		{"crash loop", container(corev1.ContainerStatus{State: waiting("CrashLoopBackOff", "back-off"), RestartCount: 1, LastTerminationState: terminated(2, "Error")}), false, nil, "CrashLoopBackOff", "main", "exit code 2", false, false},
		{"crash loop of a job's pod", container(corev1.ContainerStatus{State: waiting("CrashLoopBackOff", ""), LastTerminationState: terminated(2, "Error")}), true, nil, "", "", "", false, false},
		{"out of memory", container(corev1.ContainerStatus{State: terminated(137, "OOMKilled")}), false, nil, "OOMKilled", "main", "exit code 137", false, false},
		{"running after out of memory", container(corev1.ContainerStatus{State: running, LastTerminationState: terminated(137, "OOMKilled")}), false, nil, "OOMKilled", "main", "exit code 137", false, true},
		{"well after out of memory", container(corev1.ContainerStatus{State: running, Ready: true, LastTerminationState: terminated(137, "OOMKilled")}), false, nil, "", "", "", false, false},
		{"crash that is not restarted", never, false, nil, "Error", "main", "exit code 1", false, false},
		{"unschedulable", unschedulable, false, nil, "Unschedulable", "", "0/1 nodes", true, false},
		{"volume that is not there", container(corev1.ContainerStatus{State: waiting("ContainerCreating", "")}), false, said("FailedMount", `secret "x" not found`), "FailedMount", "", `secret "x" not found`, true, false},
		{"volume that has come", mounted, false, said("FailedMount", `secret "x" not found`), "", "", "", false, false},
		{"volume that is slow", container(corev1.ContainerStatus{State: waiting("ContainerCreating", "")}), false, said("FailedMount", "timed out"), "", "", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := diagnose(tt.pod, tt.oneShot, tt.said)
			if p == nil {
				p = &problem{}
			}
			got := problem{container: p.container, reason: p.reason, message: p.message, patience: p.patience, previous: p.previous}
			want := problem{container: tt.container, reason: tt.reason, message: tt.message, patience: tt.patience, previous: tt.previous}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
