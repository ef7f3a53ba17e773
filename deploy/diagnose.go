package deploy

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// problem is why one pod cannot run.
type problem struct {
	container, reason, message string
	logs, previous             bool // whether there is a log to show, and whose
	// patience says that the problem may pass by itself, so it counts only
	// when it lasts.
	patience bool
}

// Waiting reasons that no restart cures. The names are the kubelet's
// (k8s.io/kubernetes pkg/kubelet/images and pkg/kubelet/container).
var (
	imageReasons = []string{
		"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
		"ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
	}
	startReasons = []string{
		"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError",
	}
)

// diagnose finds out why a pod cannot become ready, or returns nil. A single
// crash is not yet a problem: the kubelet restarts the container at once, and a
// program that ends because its database is not up yet is well the second
// time. oneShot is a job's pod, whose crashes are for the job to judge.
func diagnose(pod *corev1.Pod, oneShot bool, said complaints) *problem {
	if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded {
		return nil
	}
	for _, cs := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if p := diagnoseContainer(pod, cs, oneShot); p != nil {
			p.container = cs.Name
			if c := said.killer(cs.Name); c != nil && p.logs && p.reason != "OOMKilled" {
				p.message += "; " + c.message
			}
			return p
		}
	}
	for _, cond := range pod.Status.Conditions {
		if cond.Type == corev1.PodScheduled && cond.Status == corev1.ConditionFalse && cond.Reason == corev1.PodReasonUnschedulable {
			return &problem{reason: cond.Reason, message: cond.Message, patience: true}
		}
	}
	if c := said.blocker(); c != nil && pod.Status.Phase == corev1.PodPending && !mounted(pod) {
		return &problem{reason: c.reason, message: c.message, patience: true}
	}
	if pod.Status.Phase == corev1.PodFailed && !oneShot && len(pod.Status.ContainerStatuses) == 0 {
		return &problem{reason: pod.Status.Reason, message: pod.Status.Message}
	}
	return nil
}

// mounted says that a pod has all its volumes: what was complained of them is over.
// Clusters older than Kubernetes 1.29 do not say so.
func mounted(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReadyToStartContainers && c.Status == corev1.ConditionTrue
	})
}

func diagnoseContainer(pod *corev1.Pod, cs corev1.ContainerStatus, oneShot bool) *problem {
	if w := cs.State.Waiting; w != nil {
		switch {
		case slices.Contains(imageReasons, w.Reason):
			return &problem{reason: w.Reason, message: w.Message}
		case slices.Contains(startReasons, w.Reason):
			// The kubelet has not read a fresh config map yet; it will.
			return &problem{reason: w.Reason, message: w.Message, patience: strings.Contains(w.Message, "failed to sync")}
		case w.Reason == "CrashLoopBackOff" && !oneShot:
			return crash(w.Reason, cs.LastTerminationState.Terminated, false)
		}
		return nil
	}
	if t := cs.State.Terminated; t != nil && t.ExitCode != 0 && !oneShot {
		again := cs.RestartCount > 0 || pod.Spec.RestartPolicy == corev1.RestartPolicyNever
		if again || t.Reason == "OOMKilled" {
			return crash(t.Reason, t, false)
		}
	}
	if t := cs.LastTerminationState.Terminated; cs.State.Running != nil && !cs.Ready && t != nil && t.Reason == "OOMKilled" && !oneShot {
		return crash(t.Reason, t, true)
	}
	return nil
}

// crash describes how a container ended.
func crash(reason string, t *corev1.ContainerStateTerminated, previous bool) *problem {
	p := &problem{reason: reason, logs: true, previous: previous}
	if t == nil {
		return p
	}
	if t.Reason == "OOMKilled" {
		p.reason = t.Reason
	}
	p.message = fmt.Sprintf("exit code %d", t.ExitCode)
	if t.Signal != 0 {
		p.message = fmt.Sprintf("signal %d", t.Signal)
	}
	if said := strings.TrimSpace(t.Message); said != "" {
		p.message += ": " + said
	}
	return p
}

// notice is what to tell of a pod that is neither ready nor past hope. A probe that
// fails is told with its answer: it may heal by itself, and what it waits for is
// what the pod waits for.
func notice(pod *corev1.Pod, said complaints) string {
	for _, cs := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if t := cs.State.Terminated; t != nil && t.ExitCode != 0 {
			return fmt.Sprintf("container %s ended with exit code %d", cs.Name, t.ExitCode)
		}
		if cs.Ready {
			continue
		}
		probe := said.probe(cs.Name)
		if t := cs.LastTerminationState.Terminated; t != nil {
			text := fmt.Sprintf("container %s was restarted after exit code %d", cs.Name, t.ExitCode)
			if probe != nil {
				text += "; " + probe.message
			}
			return text
		}
		if probe != nil && cs.State.Running != nil {
			return fmt.Sprintf("pod %s, container %s: %s", pod.Name, cs.Name, probe.message)
		}
	}
	past := func(c complaint) bool { return c.ofVolume() && mounted(pod) }
	if c := said.newest(func(c complaint) bool { return c.reason != unhealthy && !past(c) }); c != nil {
		return c.reason + ": " + c.message
	}
	return ""
}
