package deploy

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// found is a failure and where its log is.
type found struct {
	Failure
	namespace      string
	logs, previous bool
}

// failures are the reasons for which the rollout cannot succeed, one for each
// object, container and reason. again is when to look anew at problems that may
// still pass by themselves; zero where there are none.
func (t *tracker) failures(now time.Time) (out []found, again time.Time) {
	told := map[string]bool{}
	blamed := map[*target]bool{}
	lasting := map[string]bool{}
	tell := func(tg *target, pod *corev1.Pod, p *problem) {
		f := found{Failure: Failure{Object: tg.Object, Template: tg.Template, Reason: p.reason, Message: p.message, Container: p.container}}
		id := tg.key() + "\x00" + p.container + "\x00" + p.reason
		if pod != nil {
			f.Pod, f.namespace = pod.Name, pod.Namespace
			f.logs, f.previous = p.logs, p.previous
		}
		if p.patience {
			lasting[id] = true
			first, ok := t.since[id]
			if !ok {
				first = now
				t.since[id] = now
			}
			if due := first.Add(t.patience); now.Before(due) {
				if again.IsZero() || due.Before(again) {
					again = due
				}
				return
			}
		}
		if !told[id] {
			told[id], blamed[tg] = true, true
			out = append(out, f)
		}
	}
	for _, pod := range t.sorted() {
		tg := t.workload(pod)
		if tg == nil || tg.ready {
			continue
		}
		if tg.failed && tg.Kind == "Job" && pod.Status.Phase == corev1.PodFailed {
			tell(tg, pod, jobPod(tg, pod))
		} else if p := diagnose(pod, tg.Kind == "Job" && !tg.failed, t.complaints[pod.UID]); p != nil {
			tell(tg, pod, p)
		}
	}
	for _, tg := range t.targets {
		if blamed[tg] {
			continue
		}
		if p := t.refusal(tg); p != nil {
			tell(tg, nil, p)
		} else if tg.failed {
			p := &problem{reason: tg.reason, message: tg.message}
			if p.reason == "" {
				p.reason = "Failed"
			}
			tell(tg, t.unready(tg), t.withNotice(tg, p))
		}
	}
	for id := range t.since {
		if !lasting[id] {
			delete(t.since, id)
		}
	}
	return out, again
}

// unfinished are the objects that are not ready, as failures: for when the time
// is up.
func (t *tracker) unfinished() (out []found) {
	for _, tg := range t.targets {
		if tg.ready {
			continue
		}
		pod := t.unready(tg)
		p := t.withNotice(tg, &problem{reason: "NotReady", message: tg.message})
		f := found{Failure: Failure{Object: tg.Object, Template: tg.Template, Reason: p.reason, Message: p.message, Container: p.container}}
		if pod != nil {
			f.Pod, f.namespace, f.logs, f.previous = pod.Name, pod.Namespace, p.logs, p.previous
		}
		out = append(out, f)
	}
	return out
}

// unready is a pod of the target that is not ready, or nil.
func (t *tracker) unready(tg *target) *corev1.Pod {
	for _, pod := range t.sorted() {
		if t.workload(pod) != tg {
			continue
		}
		for _, cond := range pod.Status.Conditions {
			if cond.Type == corev1.PodReady && cond.Status != corev1.ConditionTrue {
				return pod
			}
		}
	}
	return nil
}

// withNotice adds what is known of the target's unready pod, such as a probe's
// answer, and the log of its first container that is not ready.
func (t *tracker) withNotice(tg *target, p *problem) *problem {
	pod := t.unready(tg)
	if pod == nil {
		return p
	}
	if n := notice(pod, t.complaints[pod.UID]); n != "" {
		p.message += "; " + n
	}
	for _, cs := range pod.Status.ContainerStatuses {
		if !cs.Ready {
			p.container, p.logs = cs.Name, cs.State.Waiting == nil
			break
		}
	}
	return p
}

// jobPod is the problem of a failed job's failed pod.
func jobPod(tg *target, pod *corev1.Pod) *problem {
	for _, cs := range pod.Status.ContainerStatuses {
		if s := cs.State.Terminated; s != nil && s.ExitCode != 0 {
			p := crash(tg.reason, s, false)
			p.container = cs.Name
			p.message = tg.message + ": " + p.message
			return p
		}
	}
	return &problem{reason: tg.reason, message: tg.message}
}
