package deploy

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// refusal is why the cluster does not make what an object asks for: a quota or an
// admission rule that stands against its pods, a storage class that is not there.
// Deployments and replica sets say so in a condition, the others only in an event.
func (t *tracker) refusal(tg *target) *problem {
	if tg.refused {
		return &problem{reason: tg.reason, message: tg.message, patience: true}
	}
	if tg.live == nil || tg.ready || tg.failed {
		return nil
	}
	said := t.complaints[tg.live.GetUID()]
	var why *complaint
	switch tg.Kind {
	case "StatefulSet", "DaemonSet", "Job":
		if t.lacksPods(tg) {
			why = said.of("FailedCreate")
		}
	case "PersistentVolumeClaim":
		if c := said.of("ProvisioningFailed"); c != nil && strings.Contains(c.message, "not found") {
			why = c
		}
	}
	if why == nil {
		return nil
	}
	return &problem{reason: why.reason, message: why.message, patience: true}
}

// lacksPods says that pods are missing and that nothing else is awaited first: an
// event outlives its cause, so it counts only while this is so.
func (t *tracker) lacksPods(tg *target) bool {
	status := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(tg.live.Object, "status", field)
		return n
	}
	switch tg.Kind {
	case "Job":
		return status("active") == 0
	case "DaemonSet":
		return status("currentNumberScheduled") < tg.want
	}
	return status("replicas") < tg.want && t.unready(tg) == nil
}

// claims judges volume claims that no pod uses and that are bound only when one
// does: they are as ready as they can be.
func (t *tracker) claims() {
	for _, tg := range t.targets {
		if tg.Kind != "PersistentVolumeClaim" || tg.APIVersion != "v1" || tg.live == nil {
			continue
		}
		tg.judgement = t.judge(tg.live)
		class, _, _ := unstructured.NestedString(tg.live.Object, "spec", "storageClassName")
		if !tg.ready && !tg.failed && t.bindsLate[class] && !t.claimed(tg) {
			tg.judgement = judgement{ready: true, message: "waits for its first pod"}
		}
	}
}

// claimed says whether a pod uses a claim and is not over.
func (t *tracker) claimed(tg *target) bool {
	for _, pod := range t.pods {
		if pod.Namespace != tg.Namespace || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		for _, v := range pod.Spec.Volumes {
			if v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == tg.Name {
				return true
			}
		}
	}
	return false
}
