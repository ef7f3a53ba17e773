//go:build sandbox

package deploy

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
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

// awaitKindGone waits until the API server no longer names a kind, which is some
// time after its definition is gone.
func (s *sandbox) awaitKindGone(t *testing.T, kind schema.GroupKind) {
	t.Helper()
	poll(t, "end of the kind "+kind.String(), func() bool {
		s.getter.mapper.Reset()
		_, err := s.getter.mapper.RESTMapping(kind)
		return meta.IsNoMatchError(err)
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
	s.awaitKindGone(t, schema.GroupKind{Group: group, Kind: "Widget"})
	rel.Set = map[string]any{"size": 2}
	if res := s.apply(t, rel); res.Action != Upgraded || res.Revision != 2 {
		t.Errorf("%s, revision %d", res.Action, res.Revision)
	}
	if _, err := action.NewUninstall(s.helm(t)).Run("web"); err != nil {
		t.Errorf("plain helm on the release: %v", err)
	}
}

// Kinds that are ready by existing, and those that say themselves when they are.
func TestReadinessOfManyKinds(t *testing.T) {
	s := newSandbox(t)
	group := s.namespace + ".example.com"
	s.removeKind(t, group)
	content := workload("Deployment")
	content["templates/crd.yaml"] = strings.Replace(widgetKind(group), "storage: true,", "storage: true, subresources: {status: {}},", 1)
	content["templates/widget.yaml"] = "apiVersion: " + group + "/v1\nkind: Widget\nmetadata: {name: one}\nspec: {size: 1}\n"
	content["templates/rest.yaml"] = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 5, selector: {matchLabels: {app: web}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: web}
spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: none}]}}}}}
`
	res := s.apply(t, s.release(t, content))
	if err := s.wait(t, res); err != nil {
		t.Fatal(err)
	}
	widgets := s.dynamic.Resource(schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}).Namespace(s.namespace)
	report := func(observed int64, kind, status, reason string) {
		t.Helper()
		u, err := widgets.Get(t.Context(), "one", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		u.Object["status"] = map[string]any{"observedGeneration": observed, "conditions": []any{map[string]any{
			"type": kind, "status": status, "reason": reason, "message": "its controller says " + reason, "lastTransitionTime": "2026-01-01T00:00:00Z"}}}
		if _, err := widgets.UpdateStatus(t.Context(), u, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	// It is waited for until its controller has seen this generation and says Ready.
	report(1, "Ready", "False", "Working")
	var steps []string
	err := s.Wait(t.Context(), res, func(st Status) {
		for _, o := range st.Objects {
			if o.Kind == "Widget" && !o.Ready && o.Message != "not there yet" {
				steps = append(steps, o.Message)
				report(1, "Ready", "True", "Done")
			}
		}
	})
	if err != nil || len(steps) == 0 || !strings.Contains(steps[0], "its controller says Working") {
		t.Errorf("%v, waited for %q", err, steps)
	}
	report(0, "Ready", "True", "Done")
	steps = nil
	err = s.Wait(t.Context(), res, func(st Status) {
		for _, o := range st.Objects {
			if o.Kind == "Widget" && !o.Ready && o.Message != "not there yet" {
				steps = append(steps, o.Message)
				report(1, "Stalled", "True", "BadSize")
			}
		}
	})
	var re *RolloutError
	if !errors.As(err, &re) || re.Failures[0].Object.Kind != "Widget" || !strings.Contains(err.Error(), "its controller says BadSize") || len(steps) == 0 {
		t.Errorf("%v, waited for %q", err, steps)
	}
}

// create makes an object that belongs to no release.
func (s *sandbox) create(t *testing.T, text string) {
	t.Helper()
	u := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := s.getter.mapper.RESTMapping(u.GroupVersionKind().GroupKind(), u.GroupVersionKind().Version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.dynamic.Resource(mapping.Resource).Create(t.Context(), u, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
