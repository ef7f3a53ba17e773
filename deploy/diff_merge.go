package deploy

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/cli-runtime/pkg/resource"
)

// merged is the live object, cleaned, as it is and as a patch would leave it, and
// why the API server would refuse the patch.
func (c *Cluster) merged(ctx context.Context, info *resource.Info, live *unstructured.Unstructured, body []byte, kind types.PatchType) (before, after map[string]any, problem string, err error) {
	before = cleaned(live.Object)
	if body == nil {
		return before, before, "", nil
	}
	typed := kube.AsVersioned(info)
	own, failed := patched(live, body, kind, typed)
	mine, theirs := normalized(before, typed), normalized(own, typed)
	if failed == nil && reflect.DeepEqual(mine, theirs) {
		return before, before, "", nil
	}
	answer, refused := c.dynamic.Resource(info.Mapping.Resource).Namespace(info.Namespace).Patch(ctx, info.Name, kind, body,
		metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: fieldManager})
	switch {
	case refused == nil:
		before, after = c.beside(ctx, info, live, answer)
		return before, after, "", nil
	case ctx.Err() != nil:
		return nil, nil, "", ctx.Err()
	case failed != nil:
		// The merge came to something that the type does not allow: there is
		// nothing to show but what the API server says of it.
		return before, before, plain(refused.Error()), nil
	case apierrors.IsInvalid(refused):
		problem = refusal(refused)
	}
	return mine, theirs, problem, nil // else it may not, or cannot, answer dry runs
}

// beside is what a dry run answered and what it began with: not live, where somebody
// has written the object since, whose work is not the patch's.
func (c *Cluster) beside(ctx context.Context, info *resource.Info, live, answer *unstructured.Unstructured) (before, after map[string]any) {
	if answer.GetResourceVersion() != live.GetResourceVersion() {
		now, err := c.dynamic.Resource(info.Mapping.Resource).Namespace(info.Namespace).Get(ctx, info.Name, metav1.GetOptions{})
		if err == nil && now.GetResourceVersion() == answer.GetResourceVersion() {
			live = now
		}
	}
	return cleaned(live.Object), cleaned(answer.Object)
}

// patched does here what the API server does with a patch.
func patched(live *unstructured.Unstructured, body []byte, kind types.PatchType, typed runtime.Object) (map[string]any, error) {
	text, err := json.Marshal(live)
	if err != nil {
		return nil, err
	}
	if kind == types.StrategicMergePatchType {
		text, err = strategicpatch.StrategicMergePatch(text, body, typed)
	} else {
		text, err = jsonpatch.MergePatch(text, body)
	}
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := utiljson.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	return cleaned(out), nil
}

// normalized is an object in the API server's own spelling: 1000m of CPU is 1, a
// false that is the default is not there. A kind without a type stays.
func normalized(object map[string]any, typed runtime.Object) map[string]any {
	if _, custom := typed.(runtime.Unstructured); custom || object == nil {
		return object
	}
	data, err := json.Marshal(object)
	if err != nil {
		return object
	}
	into := reflect.New(reflect.TypeOf(typed).Elem()).Interface()
	if err := json.Unmarshal(data, into); err != nil {
		return object
	}
	if data, err = json.Marshal(into); err != nil {
		return object
	}
	var out map[string]any
	if err := utiljson.Unmarshal(data, &out); err != nil {
		return object
	}
	return cleaned(out)
}

// refusal is what the API server minds about an object, field by field, without
// the values: these may be long, and secret.
func refusal(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return plain(err.Error())
	}
	var said []string
	for _, cause := range status.Status().Details.Causes {
		message := cause.Message
		if i := strings.LastIndex(message, ": "); i >= 0 && strings.HasPrefix(message, "Invalid value: ") {
			message = message[i+2:]
		}
		said = append(said, cause.Field+": "+message)
	}
	return strings.Join(said, "; ")
}

// serverOnly are the fields of metadata that the API server writes.
var serverOnly = [...]string{"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"}

// cleaned is a copy, as deep as it must be, without what only the API server
// writes. A secret's stringData is where the API server puts it: in data.
func cleaned(object map[string]any) map[string]any {
	out := maps.Clone(object)
	delete(out, "status")
	if m, ok := out["metadata"].(map[string]any); ok {
		m = maps.Clone(m)
		for _, field := range serverOnly {
			delete(m, field)
		}
		out["metadata"] = m
	}
	text, ok := out["stringData"].(map[string]any)
	if !ok || !isSecret(out) {
		return out
	}
	data, _ := out["data"].(map[string]any)
	if data = maps.Clone(data); data == nil {
		data = map[string]any{}
	}
	for key, v := range text {
		if s, ok := v.(string); ok {
			data[key] = base64.StdEncoding.EncodeToString([]byte(s))
		}
	}
	out["data"] = data
	delete(out, "stringData")
	return out
}
