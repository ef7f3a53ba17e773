package deploy

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// tracker puts together what the watches of one rollout see. It belongs to one
// goroutine and does no input or output.
type tracker struct {
	judge    func(*unstructured.Unstructured) judgement
	patience time.Duration
	targets  []*target
	byKey    map[string]*target
	byUID    map[types.UID]*target
	pods     map[types.UID]*corev1.Pod
	sets     map[types.UID]replicaSet
	since    map[string]time.Time // when a problem that may pass was first seen
	// complaints are by the object that they are about.
	complaints map[types.UID]complaints
	// bindsLate are the storage classes that wait for a volume's first pod.
	bindsLate map[string]bool
}

// target is one object whose readiness is awaited.
type target struct {
	Object
	live *unstructured.Unstructured // nil until a watch has seen it
	judgement
}

// replicaSet is the step between a deployment and its pods.
type replicaSet struct {
	owner    types.UID
	revision string
}

const revisionAnnotation = "deployment.kubernetes.io/revision"

func newTracker(objects []Object, patience time.Duration, judge func(*unstructured.Unstructured) judgement) *tracker {
	t := &tracker{
		judge: judge, patience: patience,
		byKey: map[string]*target{}, byUID: map[types.UID]*target{},
		pods: map[types.UID]*corev1.Pod{}, sets: map[types.UID]replicaSet{},
		complaints: map[types.UID]complaints{}, since: map[string]time.Time{},
	}
	for _, o := range objects {
		tg := &target{Object: o, judgement: judgement{message: "not there yet"}}
		t.targets = append(t.targets, tg)
		t.byKey[o.key()] = tg
	}
	return t
}

// see takes in one change.
func (t *tracker) see(ch change) {
	t.take(ch)
	t.claims()
}

func (t *tracker) take(ch change) {
	u := ch.object
	key := Object{APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: u.GetName()}.key()
	if tg := t.byKey[key]; tg != nil {
		if ch.gone {
			delete(t.byUID, u.GetUID())
			tg.live, tg.judgement = nil, judgement{message: "was deleted"}
		} else {
			t.byUID[u.GetUID()] = tg
			tg.live, tg.judgement = u, t.judge(u)
		}
	}
	switch ch.resource {
	case podResource:
		if ch.gone {
			delete(t.pods, u.GetUID())
			return
		}
		pod := &corev1.Pod{}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, pod) == nil {
			t.pods[u.GetUID()] = pod
		}
	case setResource:
		if owner := metav1.GetControllerOf(u); owner != nil {
			t.sets[u.GetUID()] = replicaSet{owner.UID, u.GetAnnotations()[revisionAnnotation]}
		}
	case eventResource:
		if !ch.gone {
			uid, c := complaintOf(u)
			t.complaints[types.UID(uid)] = t.complaints[types.UID(uid)].with(c)
		}
	}
}

// workload is the target that a pod works for, or nil when there is none or
// the pod is left over from an older revision of it.
func (t *tracker) workload(pod *corev1.Pod) *target {
	if tg := t.byUID[pod.UID]; tg != nil {
		return tg
	}
	owner := metav1.GetControllerOf(pod)
	if owner == nil {
		return nil
	}
	set, isSet := t.sets[owner.UID]
	tg := t.byUID[owner.UID]
	if tg == nil && isSet {
		tg = t.byUID[set.owner]
	}
	if tg == nil || tg.live == nil || !observed(tg.live) {
		return nil
	}
	old := false
	switch tg.Kind {
	case "Deployment":
		old = set.revision != tg.live.GetAnnotations()[revisionAnnotation]
	case "StatefulSet":
		update, _, _ := unstructured.NestedString(tg.live.Object, "status", "updateRevision")
		old = update != "" && pod.Labels["controller-revision-hash"] != update
	case "DaemonSet":
		now := tg.live.GetAnnotations()["deprecated.daemonset.template.generation"]
		old = now != "" && pod.Labels["pod-template-generation"] != now
	}
	if old {
		return nil
	}
	return tg
}

// observed says that the controller has seen the newest spec.
func observed(u *unstructured.Unstructured) bool {
	seen, found, err := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
	return err == nil && (!found || seen >= u.GetGeneration())
}

// done says that everything is ready.
func (t *tracker) done() bool {
	return !slices.ContainsFunc(t.targets, func(tg *target) bool { return !tg.ready })
}

// status is what to show, with what holds up each object that is not ready.
func (t *tracker) status(release, namespace string) Status {
	notices := map[*target]string{}
	for _, pod := range t.sorted() {
		if tg := t.workload(pod); tg != nil && !tg.ready && notices[tg] == "" {
			notices[tg] = notice(pod, t.complaints[pod.UID])
		}
	}
	st := Status{Release: release, Namespace: namespace, Total: len(t.targets)}
	for _, tg := range t.targets {
		if tg.ready {
			st.Ready++
		}
		ready, pods := tg.pods()
		st.PodsReady, st.Pods = st.PodsReady+ready, st.Pods+pods
		message := tg.message
		if n := notices[tg]; n != "" {
			message = n
		} else if p := t.refusal(tg); p != nil {
			message = p.reason + ": " + p.message
		}
		st.Objects = append(st.Objects, ObjectStatus{Object: tg.Object, Ready: tg.ready, Have: tg.have, Want: tg.want, Message: message})
	}
	return st
}

// pods is how many pods a target wants for as long as it is there, and how many of
// these are ready. In an update there can be more of them.
func (tg *target) pods() (ready, want int) {
	switch {
	case tg.Kind == "Job":
		return 0, 0
	case tg.Kind == "Pod" && tg.ready:
		return 1, 1
	case tg.Kind == "Pod":
		return 0, 1
	}
	return int(min(tg.have, tg.want)), int(tg.want)
}

// sorted are the pods in the order of their names, so that one of several with
// the same trouble is always the same one.
func (t *tracker) sorted() []*corev1.Pod {
	pods := make([]*corev1.Pod, 0, len(t.pods))
	for _, p := range t.pods {
		pods = append(pods, p)
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return pods
}
