//go:build sandbox

package deploy

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// widgetKind is a CRD of the kind Widget.
func widgetKind(group string) string {
	return strings.ReplaceAll(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`, "GROUP", group)
}

var crds = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// removeKind takes the CRD of widgetKind away at the end of the test.
func (s *sandbox) removeKind(t *testing.T, group string) {
	t.Cleanup(func() {
		_ = s.dynamic.Resource(crds).Delete(context.Background(), "widgets."+group, metav1.DeleteOptions{})
	})
}

// A chart's own CRDs are there before its templates are rendered, and the
// objects of the new kind go into the same release.
func TestChartWithItsOwnKind(t *testing.T) {
	s := newSandbox(t)
	group := s.namespace + ".example.com"
	s.removeKind(t, group)
	rel := s.release(t, map[string]string{
		"crds/widget.yaml": widgetKind(group),
		"templates/widget.yaml": `{{ if .Capabilities.APIVersions.Has "GROUP/v1" }}
apiVersion: GROUP/v1
kind: Widget
metadata: {name: one}
spec: {size: {{ .Values.size | default 1 }}}
{{ end }}`,
	})
	rewrite(t, filepath.Join(rel.Chart, "templates/widget.yaml"), "GROUP", group)
	res := s.apply(t, rel)
	if res.Action != Installed || res.Total != 1 {
		t.Fatalf("%s with %d objects", res.Action, res.Total)
	}
	if err := s.wait(t, res); err != nil {
		t.Fatal(err)
	}
	rel.Set = map[string]any{"size": 2}
	if res = s.apply(t, rel); res.Action != Upgraded || len(res.Written) != 1 {
		t.Fatalf("%s, written %v", res.Action, res.Written)
	}
	got, err := s.dynamic.Resource(schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}).
		Namespace(s.namespace).Get(t.Context(), "one", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if size, _, _ := unstructured.NestedInt64(got.Object, "spec", "size"); size != 2 {
		t.Errorf("size = %d", size)
	}
	if res = s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("apply of the same: %s", res.Action)
	}
}

// helm refuses such a chart: the kind is unknown when it builds the objects.
func TestKindAmongTheTemplates(t *testing.T) {
	s := newSandbox(t)
	group := s.namespace + ".example.com"
	s.removeKind(t, group)
	rel := s.release(t, map[string]string{
		"templates/crd.yaml":    widgetKind(group),
		"templates/widget.yaml": "apiVersion: GROUP/v1\nkind: Widget\nmetadata: {name: one}\nspec: {size: {{ .Values.size | default 1 }}}\n",
	})
	rewrite(t, filepath.Join(rel.Chart, "templates/widget.yaml"), "GROUP", group)
	if res := s.apply(t, rel); res.Action != Installed || res.Revision != 1 || res.Total != 2 {
		t.Errorf("%s, revision %d, %d objects", res.Action, res.Revision, res.Total)
	}
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("apply of the same: %s", res.Action)
	}
	// Its objects go with the kind, and both come back.
	if err := s.dynamic.Resource(crds).Delete(t.Context(), "widgets."+group, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.awaitOneGone(t.Context(), kindIn{resource: crds}, "widgets."+group); err != nil {
		t.Fatal(err)
	}
	rel.Set = map[string]any{"size": 2}
	if res := s.apply(t, rel); res.Action != Upgraded || res.Revision != 2 {
		t.Errorf("%s, revision %d", res.Action, res.Revision)
	}
	if _, err := action.NewUninstall(s.helm(t)).Run("web"); err != nil {
		t.Errorf("plain helm on the release: %v", err)
	}
}
