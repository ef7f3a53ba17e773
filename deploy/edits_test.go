package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"
)

// edit is what is told of an object that a patch made another.
func edit(before, after map[string]any) Edit {
	k := &helmClient{}
	now := &unstructured.Unstructured{Object: after}
	info := &resource.Info{Name: now.GetName(), Object: now, Mapping: &meta.RESTMapping{GroupVersionKind: now.GroupVersionKind()}}
	k.edited(info, &unstructured.Unstructured{Object: before}, now)
	return k.edits[0]
}

func TestAnEditIsToldAsADiff(t *testing.T) {
	object := func(replicas int64, version string) map[string]any {
		return map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "app", "resourceVersion": version},
			"spec": map[string]any{"replicas": replicas, "paused": false}, "status": map[string]any{"replicas": replicas}}
	}
	got := edit(object(1, "5"), object(3, "6"))
	if d := cmp.Diff([]string{"  spec:", "-   replicas: 1", "+   replicas: 3"}, got.Diff); d != "" {
		t.Errorf("diff (-want +got):\n%s", d)
	}
}

func TestADiffHidesSecrets(t *testing.T) {
	object := func(password string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s"}, "data": map[string]any{"password": password}}
	}
	got := edit(object("b2xk"), object("bmV3"))
	if d := cmp.Diff([]string{"  data:", "-   password: (hidden)", "+   password: (hidden, another value)"}, got.Diff); d != "" {
		t.Errorf("diff (-want +got):\n%s", d)
	}
}
