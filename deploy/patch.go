package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"helm.sh/helm/v3/pkg/kube"
	apiextv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/cli-runtime/pkg/resource"
)

// threeWay computes the patch that Helm's client would send: for a built-in
// kind a strategic merge between the last manifest, the new one and the live
// object; for a custom resource a JSON merge between the two manifests, which
// leaves alone what others wrote. It is nil where there is nothing to change.
func threeWay(info *resource.Info, was, now *unstructured.Unstructured) ([]byte, types.PatchType, error) {
	wanted, ok := info.Object.(*unstructured.Unstructured)
	if !ok {
		return nil, "", fmt.Errorf("%T is no unstructured object", info.Object)
	}
	if sameManifest(was, wanted) && within(wanted.Object, now.Object) {
		return nil, "", nil // the common case, told without marshalling anything
	}
	before, err := json.Marshal(was)
	if err != nil {
		return nil, "", err
	}
	after, err := json.Marshal(wanted)
	if err != nil {
		return nil, "", err
	}
	typed := kube.AsVersioned(info)
	_, custom := typed.(runtime.Unstructured)
	_, oldCRD := typed.(*apiextv1beta1.CustomResourceDefinition)
	if custom || oldCRD {
		body, err := jsonpatch.CreateMergePatch(before, after)
		if err != nil {
			return nil, "", err
		}
		var patch map[string]any
		if err := utiljson.Unmarshal(body, &patch); err != nil {
			return nil, "", err
		}
		if idle(patch, now.Object) {
			body = nil
		}
		return body, types.MergePatchType, nil
	}
	live, err := json.Marshal(now)
	if err != nil {
		return nil, "", err
	}
	schema, err := strategicpatch.NewPatchMetaFromStruct(typed)
	if err != nil {
		return nil, "", err
	}
	body, err := strategicpatch.CreateThreeWayMergePatch(before, after, live, schema, true)
	if string(body) == "{}" {
		body = nil
	}
	return body, types.StrategicMergePatchType, err
}

// idle says whether a JSON merge patch (RFC 7396) would change nothing.
func idle(patch, live any) bool {
	p, ok := patch.(map[string]any)
	if !ok {
		return reflect.DeepEqual(patch, live)
	}
	l, ok := live.(map[string]any)
	if !ok {
		return false
	}
	for key, v := range p {
		lv, has := l[key]
		if v == nil {
			if has {
				return false
			}
			continue
		}
		if !has || !idle(v, lv) {
			return false
		}
	}
	return true
}

// within says whether everything that is wanted is in the live object as it is
// wanted. Lists must have the same items in the same order. It may say no where
// a patch would still be empty, never yes where it would not.
func within(wanted, live any) bool {
	switch w := wanted.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		if !ok {
			return false
		}
		for key, v := range w {
			if lv, ok := l[key]; !ok || !within(v, lv) {
				return false
			}
		}
		return true
	case []any:
		l, ok := live.([]any)
		if !ok || len(w) != len(l) {
			return false
		}
		for i := range w {
			if !within(w[i], l[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(wanted, live)
}

// owned are the label and the annotations that Helm's actions put into each new
// object, and that a recorded manifest therefore lacks.
var owned = map[string][]string{
	"labels":      {"app.kubernetes.io/managed-by"},
	"annotations": {"meta.helm.sh/release-name", "meta.helm.sh/release-namespace"},
}

// sameManifest compares two manifests without what helm adds.
func sameManifest(a, b *unstructured.Unstructured) bool {
	return reflect.DeepEqual(bare(a.Object), bare(b.Object))
}

// bare is a copy, as deep as it must be, without what helm adds.
func bare(object map[string]any) map[string]any {
	meta, ok := object["metadata"].(map[string]any)
	if !ok {
		return object
	}
	object, meta = maps.Clone(object), maps.Clone(meta)
	object["metadata"] = meta
	for field, keys := range owned {
		set, ok := meta[field].(map[string]any)
		if !ok {
			continue
		}
		set = maps.Clone(set)
		for _, key := range keys {
			delete(set, key)
		}
		meta[field] = set
		if len(set) == 0 {
			delete(meta, field)
		}
	}
	return object
}
