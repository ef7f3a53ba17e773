package logs

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Crash is a container that ended with an error, or what became of it.
type Crash struct {
	Release, Namespace, Pod, Container string

	ExitCode int32
	Reason   string // the cluster's word for it, such as Error or OOMKilled
	Restarts int32  // so far
	// Over: it runs again, or has ended well, or its pod is gone. The rest is as it
	// was told before.
	Over bool
}

// crashed is what was told of a container.
type crashed struct {
	Crash
	id string // of the run that ended
}

// crashes tells of the containers of a pod that have ended with an error since it was
// looked at last, and of those for which that is over. Of a pod that was there before
// it tells only what has not been restarted yet. Pods that are not restarted at all
// belong to a job, which has a state of its own; what ends because its pod is removed
// is no crash.
func (m *manager) crashes(p *pod, gone bool) {
	if m.opts.Crashed == nil {
		return
	}
	release, selected := m.releaseOf(p.latest)
	going := gone || !selected || p.latest.DeletionTimestamp != nil
	for _, s := range slices.Concat(p.latest.Status.InitContainerStatuses, p.latest.Status.ContainerStatuses) {
		last, known := p.crashed[s.Name]
		end := s.State.Terminated
		if end == nil {
			end = s.LastTerminationState.Terminated
		}
		fresh := end != nil && end.ExitCode != 0 && end.ContainerID != last.id && !going && p.latest.Spec.RestartPolicy != corev1.RestartPolicyNever
		if fresh {
			news := p.looked || p.first == nil || s.State.Running == nil
			last = crashed{id: end.ContainerID, Crash: Crash{Release: release, Namespace: p.latest.Namespace, Pod: p.latest.Name, Container: s.Name,
				ExitCode: end.ExitCode, Reason: end.Reason, Restarts: s.RestartCount, Over: !news}}
			known = true
			if news {
				m.opts.Crashed(last.Crash)
			}
		}
		ended := s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
		if known && !last.Over && (going || ended || s.State.Running != nil) {
			last.Over = true
			m.opts.Crashed(last.Crash)
		}
		if known {
			p.crashed[s.Name] = last
		}
	}
	p.looked = p.looked || selected
}
