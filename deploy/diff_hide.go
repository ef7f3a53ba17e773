package deploy

import (
	"maps"
	"reflect"
	"strings"
)

// What stands in a Diff for a secret value: HiddenNew in After where Before has
// another one, else Hidden. Nothing can be told from them, not even a length.
const (
	Hidden    = "(hidden)"
	HiddenNew = "(hidden, another value)"
)

func isSecret(object map[string]any) bool {
	return object["kind"] == "Secret" && object["apiVersion"] == "v1"
}

// hideObject is a copy in which no secret value is left: in a Secret those of data
// and stringData and of all annotations but helm's own, in every object the
// annotations that hold a copy of the object. before is what the object was, where
// a value is to show that it is another than then, or nil.
func hideObject(object, before map[string]any) map[string]any {
	if object == nil {
		return nil
	}
	out := maps.Clone(object)
	if isSecret(object) {
		for _, field := range []string{"data", "stringData"} {
			old, _ := before[field].(map[string]any)
			if values, ok := out[field].(map[string]any); ok {
				out[field] = hideValues(values, old, func(string) bool { return true })
			} else if out[field] != nil {
				out[field] = Hidden
			}
		}
	}
	if meta, ok := out["metadata"].(map[string]any); ok {
		if annotations, ok := meta["annotations"].(map[string]any); ok {
			meta = maps.Clone(meta)
			oldMeta, _ := before["metadata"].(map[string]any)
			old, _ := oldMeta["annotations"].(map[string]any)
			secret := isSecret(object)
			meta["annotations"] = hideValues(annotations, old, func(key string) bool {
				return holdsCopy(key) || secret && !strings.Contains(key, "helm.sh/")
			})
			out["metadata"] = meta
		}
	}
	return out
}

func hideValues(values, before map[string]any, which func(key string) bool) map[string]any {
	out := maps.Clone(values)
	for key, v := range values {
		if !which(key) {
			continue
		}
		out[key] = Hidden
		if old, has := before[key]; has && !reflect.DeepEqual(v, old) {
			out[key] = HiddenNew
		}
	}
	return out
}

// holdsCopy: tools keep the object they last applied in an annotation of such a
// name, kubectl in kubectl.kubernetes.io/last-applied-configuration.
func holdsCopy(key string) bool {
	return strings.Contains(key, "last-applied") || strings.HasSuffix(key, "/applied")
}
