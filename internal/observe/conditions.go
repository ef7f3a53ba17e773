package observe

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// Data holds when a config map has this value under the key.
func Data(key, value string) Condition {
	return func(u *unstructured.Unstructured) bool {
		got, _, _ := unstructured.NestedString(u.Object, "data", key)
		return got == value
	}
}

// DataOtherThan holds when all of these keys of a config map have other values.
func DataOtherThan(values map[string]string) Condition {
	return func(u *unstructured.Unstructured) bool {
		for key, value := range values {
			if got, _, _ := unstructured.NestedString(u.Object, "data", key); got == value {
				return false
			}
		}
		return true
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

// Image holds when the first container of a deployment's template has another
// image than this one.
func Image(otherThan string) Condition {
	return func(u *unstructured.Unstructured) bool {
		containers, _, _ := unstructured.NestedSlice(u.Object, "spec", "template", "spec", "containers")
		if len(containers) == 0 {
			return false
		}
		first, _ := containers[0].(map[string]any)
		return first["image"] != otherThan
	}
}

// Both holds when the two do.
func Both(a, b Condition) Condition {
	return func(u *unstructured.Unstructured) bool { return a(u) && b(u) }
}

// number is 0 where the field is missing, as in a status.
func number(u *unstructured.Unstructured, path ...string) int64 {
	n, _, _ := unstructured.NestedInt64(u.Object, path...)
	return n
}
