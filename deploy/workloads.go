package deploy

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// Workloads lists the objects of a release that run pods, in the manifest's
// order, each with the selector that finds them: what a log stream follows.
func (c *Cluster) Workloads(r *Rendered) []Workload {
	var out []Workload
	for i, d := range r.docs {
		if selector := podSelector(d.object); selector != nil {
			out = append(out, Workload{Object: r.Objects[i], Selector: selector})
		}
	}
	return out
}

// podSelector is nil for an object that runs no pods.
func podSelector(u *unstructured.Unstructured) labels.Selector {
	gvk := u.GroupVersionKind()
	switch gvk.Group + "/" + gvk.Kind {
	case "apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet":
		return specSelector(u)
	case "batch/Job":
		// The API server invents a job's selector; the name is known before.
		return labels.SelectorFromSet(labels.Set{"batch.kubernetes.io/job-name": u.GetName()})
	case "batch/CronJob":
		return byLabels(u, "spec", "jobTemplate", "spec", "template", "metadata", "labels")
	case "/ReplicationController":
		return byLabels(u, "spec", "selector")
	case "/Pod":
		return byLabels(u, "metadata", "labels")
	}
	return nil
}

func specSelector(u *unstructured.Unstructured) labels.Selector {
	found, _, err := unstructured.NestedMap(u.Object, "spec", "selector")
	if err != nil || len(found) == 0 {
		return labels.Nothing()
	}
	var ls metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found, &ls); err != nil {
		return labels.Nothing()
	}
	selector, err := metav1.LabelSelectorAsSelector(&ls)
	if err != nil {
		return labels.Nothing()
	}
	return selector
}

// byLabels selects by the label map at a path; without labels it selects
// nothing rather than everything.
func byLabels(u *unstructured.Unstructured, path ...string) labels.Selector {
	set, _, err := unstructured.NestedStringMap(u.Object, path...)
	if err != nil || len(set) == 0 {
		return labels.Nothing()
	}
	return labels.SelectorFromSet(set)
}
