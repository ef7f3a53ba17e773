package deploy

import (
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// readyByExisting are built-in kinds for which there is nothing to wait: they
// are not watched. Groups stand for all their kinds.
var (
	readyGroups = map[string]bool{
		"rbac.authorization.k8s.io": true, "networking.k8s.io": true, "storage.k8s.io": true,
		"scheduling.k8s.io": true, "admissionregistration.k8s.io": true, "coordination.k8s.io": true,
		"discovery.k8s.io": true, "node.k8s.io": true, "autoscaling": true, "events.k8s.io": true,
	}
	readyKinds = map[schema.GroupKind]bool{
		{Kind: "ConfigMap"}: true, {Kind: "Secret"}: true, {Kind: "ServiceAccount"}: true,
		{Kind: "Service"}: true, {Kind: "Endpoints"}: true, {Kind: "Namespace"}: true,
		{Kind: "LimitRange"}: true, {Kind: "ResourceQuota"}: true, {Kind: "PersistentVolume"}: true,
		{Kind: "Event"}: true, {Group: "batch", Kind: "CronJob"}: true,
	}
)

func readyByExisting(gk schema.GroupKind) bool { return readyGroups[gk.Group] || readyKinds[gk] }

// judgement is what an object's own status says.
type judgement struct {
	ready, failed   bool
	reason, message string
	have, want      int64
	// refused is a condition that may pass by itself, such as a quota.
	refused bool
}

// judge reads an object's status by the rules of kstatus
// (sigs.k8s.io/cli-utils/pkg/kstatus), with these differences: a job is ready
// when it is complete, a paused deployment is not waited for, a claim whose volume
// is lost has failed, and what makes pods says when they are refused.
func judge(u *unstructured.Unstructured) judgement {
	j := judgement{}
	j.have, j.want = podCount(u)
	res, err := status.Compute(u)
	if err != nil {
		j.message = err.Error()
		return j
	}
	j.ready, j.failed = res.Status == status.CurrentStatus, res.Status == status.FailedStatus
	j.message = res.Message
	for _, cond := range res.Conditions {
		if j.failed && cond.Reason != "" {
			j.reason = cond.Reason
		}
	}
	gvk := u.GroupVersionKind()
	switch gvk.Group + "/" + gvk.Kind {
	case "apps/Deployment":
		if paused, _, _ := unstructured.NestedBool(u.Object, "spec", "paused"); paused {
			return judgement{ready: true, message: "paused", have: j.have, want: j.want}
		}
		if c := condition(u, "ReplicaFailure"); !j.ready && c["status"] == "True" {
			j.refused, j.reason, j.message = true, c["reason"], c["message"]
		}
		if c := condition(u, "Progressing"); j.failed && c["message"] != "" {
			j.message = c["message"]
		}
	case "apps/ReplicaSet", "/ReplicationController":
		if c := condition(u, "ReplicaFailure"); !j.ready && c["status"] == "True" {
			j.refused, j.reason, j.message = true, c["reason"], c["message"]
		}
	case "/PersistentVolumeClaim":
		if phase, _, _ := unstructured.NestedString(u.Object, "status", "phase"); phase == "Lost" {
			return judgement{failed: true, reason: "Lost", message: "the volume it was bound to is gone"}
		}
	case "batch/Job":
		if c := condition(u, "Failed"); c["status"] == "True" {
			return judgement{failed: true, reason: c["reason"], message: c["message"]}
		}
		j.ready = condition(u, "Complete")["status"] == "True"
		if suspended, _, _ := unstructured.NestedBool(u.Object, "spec", "suspend"); suspended {
			j.ready = true
		}
	}
	return j
}

// ended is judge for a hook: a job or pod is done when it has succeeded.
func ended(u *unstructured.Unstructured) judgement {
	if u.GetKind() != "Pod" {
		return judge(u)
	}
	phase, _, _ := unstructured.NestedString(u.Object, "status", "phase")
	j := judgement{ready: phase == "Succeeded", failed: phase == "Failed", message: "phase " + phase}
	if j.failed {
		j.reason = "PodFailed"
	}
	return j
}

// podCount is how many of a workload's pods are ready, and how many it wants.
func podCount(u *unstructured.Unstructured) (have, want int64) {
	num := func(def int64, path ...string) int64 {
		n, found, err := unstructured.NestedInt64(u.Object, path...)
		if err != nil || !found {
			return def
		}
		return n
	}
	switch u.GetKind() {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
		return num(0, "status", "readyReplicas"), num(1, "spec", "replicas")
	case "DaemonSet":
		return num(0, "status", "numberReady"), num(0, "status", "desiredNumberScheduled")
	case "Job":
		return num(0, "status", "succeeded"), num(1, "spec", "completions")
	}
	return 0, 0
}

// condition is the status condition of a type, as strings; nil without one.
func condition(u *unstructured.Unstructured, kind string) map[string]string {
	list, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok || m["type"] != kind {
			continue
		}
		out := map[string]string{}
		for k, v := range m {
			out[k] = fmt.Sprint(v)
		}
		return out
	}
	return nil
}
