package observe

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// Data holds when a config map has this value under the key.
func Data(key, value string) Condition {
	return func(u *unstructured.Unstructured) bool {
		got, _, _ := unstructured.NestedString(u.Object, "data", key)
		return got == value
	}
}

// Wants holds when a deployment asks for n replicas.
func Wants(n int64) Condition {
	return func(u *unstructured.Unstructured) bool {
		return number(u, "spec", "replicas") == n
	}
}

// Ready holds when a deployment has exactly n pods, all of its newest template,
// ready and available, and its controller has seen the newest spec.
func Ready(n int64) Condition {
	return func(u *unstructured.Unstructured) bool {
		for _, field := range []string{"replicas", "updatedReplicas", "readyReplicas", "availableReplicas"} {
			if number(u, "status", field) != n {
				return false
			}
		}
		return number(u, "spec", "replicas") == n && number(u, "status", "observedGeneration") >= u.GetGeneration()
	}
}

// number is 0 where the field is missing, as in a status.
func number(u *unstructured.Unstructured, path ...string) int64 {
	n, _, _ := unstructured.NestedInt64(u.Object, path...)
	return n
}
