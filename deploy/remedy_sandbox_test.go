//go:build sandbox

package deploy

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/action"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// refusal is Apply's error, which must be an ApplyError about this object with
// this remedy.
func (s *sandbox) refusal(t *testing.T, rel Release, name string, remedy Remedy) *ApplyError {
	t.Helper()
	_, err := s.Apply(t.Context(), rel)
	var ae *ApplyError
	if !errors.As(err, &ae) || ae.Object.Name != name || ae.Object.Template == "" || ae.Remedy != remedy {
		t.Fatalf("err = %v, want an ApplyError about %s with the remedy %q", err, name, remedy)
	}
	t.Log(err)
	return ae
}

func TestAdopt(t *testing.T) {
	s := newSandbox(t)
	group := s.namespace + ".example.com"
	s.removeKind(t, group)
	kinds := s.release(t, map[string]string{"templates/crd.yaml": widgetKind(group)})
	kinds.Name = "kinds"
	if err := s.wait(t, s.apply(t, kinds)); err != nil {
		t.Fatal(err)
	}
	configs := s.kube.CoreV1().ConfigMaps(s.namespace)
	foreign := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "config"}, Data: map[string]string{"who": "nobody", "mine": "x"}}
	if _, err := configs.Create(t.Context(), foreign, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	rel := s.idle(t)

	ae := s.refusal(t, rel, "config", RemedyAdopt)
	if !strings.Contains(ae.Error(), "no release made it; adopt takes it over") {
		t.Errorf("says %v", ae)
	}
	rel.Adopt = true
	if res := s.apply(t, rel); res.Action != Installed || len(res.Written) != 4 {
		t.Errorf("%s, written %v", res.Action, res.Written)
	}
	cm, err := configs.Get(t.Context(), "config", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if cm.Data["who"] != "world" || cm.Data["mine"] != "x" || cm.Annotations["meta.helm.sh/release-name"] != "web" {
		t.Errorf("taken over as %v, %v", cm.Data, cm.Annotations)
	}
	rel.Adopt = false
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("afterwards %s", res.Action)
	}

	// In an upgrade, a custom resource, and what another release has.
	widgets := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}
	widget := &unstructured.Unstructured{Object: map[string]any{"apiVersion": group + "/v1", "kind": "Widget",
		"metadata": map[string]any{"name": "one"}, "spec": map[string]any{"size": int64(1)}}}
	if _, err := s.dynamic.Resource(widgets).Namespace(s.namespace).Create(t.Context(), widget, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	more := s.release(t, map[string]string{
		"templates/first.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n",
		"templates/widget.yaml": "{{ if .Values.more }}\napiVersion: " + group + "/v1\nkind: Widget\nmetadata: {name: one}\nspec: {size: 2}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n{{ end }}",
	})
	more.Name = "more"
	s.apply(t, more)
	more.Set = map[string]any{"more": true}
	if ae = s.refusal(t, more, "web", RemedyAdopt); !strings.Contains(ae.Error(), "it belongs to release web; adopt takes it over") {
		t.Errorf("says %v", ae)
	}
	more.Adopt = true
	if res := s.apply(t, more); res.Action != Upgraded || len(res.Written) != 2 {
		t.Errorf("%s, written %v", res.Action, res.Written)
	}
	got, err := s.dynamic.Resource(widgets).Namespace(s.namespace).Get(t.Context(), "one", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if size, _, _ := unstructured.NestedInt64(got.Object, "spec", "size"); size != 2 || got.GetAnnotations()["meta.helm.sh/release-name"] != "more" {
		t.Errorf("taken over with size %d, %v", size, got.GetAnnotations())
	}
}

const fixedFields = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: {{ .Values.v }}}}
  template: {metadata: {labels: {app: {{ .Values.v }}}}, spec: {containers: [{name: main, image: x}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: main, image: "x:{{ .Values.v }}"}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}], {{ if eq .Values.v "two" }}clusterIP: None{{ end }} }
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
immutable: true
data: {v: {{ .Values.v }}}
`

func TestForce(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{"templates/all.yaml": fixedFields})
	rel.Set = map[string]any{"v": "one"}
	s.apply(t, rel)
	uids := s.uids(t)

	rel.Set = map[string]any{"v": "two"}
	_, err := s.Apply(t.Context(), rel)
	var ae *ApplyError
	if !errors.As(err, &ae) || ae.Remedy != RemedyForce {
		t.Fatalf("err = %v", err)
	}
	t.Log(err)
	for _, want := range []string{
		"data: field is immutable when `immutable` is set; the chart changes data.v",
		"spec.clusterIPs[0]: may not change once set; the chart changes spec.clusterIP",
		"spec.selector: field is immutable; the chart changes spec.selector.matchLabels.app",
		"spec.template: field is immutable; the chart changes spec.template.spec.containers[main].image",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said", want)
		}
	}
	if diff := cmp.Diff(uids, s.uids(t)); diff != "" {
		t.Errorf("without force something was replaced:\n%s", diff)
	}

	rel.Force = true
	res := s.apply(t, rel)
	if len(res.Written) != 4 {
		t.Errorf("written %v", res.Written)
	}
	for key, uid := range s.uids(t) {
		if uid == uids[key] {
			t.Errorf("%s is the old one", key)
		}
	}
	d := s.deployment(t)
	svc, err := s.kube.CoreV1().Services(s.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Spec.Selector.MatchLabels["app"] != "two" || svc.Spec.ClusterIP != "None" || d.Labels["app.kubernetes.io/managed-by"] != "Helm" {
		t.Errorf("selector %v, clusterIP %s, labels %v", d.Spec.Selector, svc.Spec.ClusterIP, d.Labels)
	}
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("afterwards %s", res.Action)
	}
	if _, err := action.NewUninstall(s.helm(t)).Run("web"); err != nil {
		t.Errorf("plain helm on the release: %v", err)
	}
}

func (s *sandbox) uids(t *testing.T) map[string]types.UID {
	t.Helper()
	out := map[string]types.UID{}
	for name, gvr := range map[string]schema.GroupVersionResource{
		"web": depResource, "work": {Group: "batch", Version: "v1", Resource: "jobs"}, "config": cmResource,
	} {
		u, err := s.dynamic.Resource(gvr).Namespace(s.namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out[gvr.Resource+"/"+name] = u.GetUID()
	}
	return out
}

// Force loses no data and does not delete what could not be made anew.
func TestForceSpares(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{
		"templates/claim.yaml":  "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: {{ .Values.size }}}}}\n",
		"templates/deploy.yaml": small()["templates/deployment.yaml"],
		"values.yaml":           small()["values.yaml"],
	})
	rel.Set = map[string]any{"replicas": 0, "size": "2Gi"}
	s.apply(t, rel)
	before := s.deployment(t).UID

	rel.Force = true
	rewrite(t, filepath.Join(rel.Chart, "templates/claim.yaml"), "ReadWriteOnce", "ReadOnlyMany")
	s.refusal(t, rel, "data", "")
	rewrite(t, filepath.Join(rel.Chart, "templates/claim.yaml"), "ReadOnlyMany", "ReadWriteOnce")

	rewrite(t, filepath.Join(rel.Chart, "templates/deploy.yaml"), "app: web", "app: other")
	rewrite(t, filepath.Join(rel.Chart, "templates/deploy.yaml"), "imagePullPolicy: IfNotPresent", "imagePullPolicy: Sometimes")
	if _, err := s.Apply(t.Context(), rel); err == nil {
		t.Fatal("an invalid deployment was applied")
	}
	if now := s.deployment(t).UID; now != before {
		t.Error("a deployment was deleted for one that is invalid")
	}
	if _, err := s.kube.CoreV1().PersistentVolumeClaims(s.namespace).Get(t.Context(), "data", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

// What is wrong with a type goes both ways, and so does what to do about it.
func TestAWrongTypeIsMendedTheRightWayRound(t *testing.T) {
	s := newSandbox(t)
	for template, want := range map[string]string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: typed}\nspec: {ports: [{port: many}]}\n": "it is text where a number or the like is wanted",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typed}\ndata: {on: true}\n":            "quote it in the template",
	} {
		if ae := s.refusal(t, s.release(t, map[string]string{"templates/typed.yaml": template}), "typed", ""); !strings.Contains(ae.Error(), want) {
			t.Errorf("%v, want %q", ae, want)
		}
	}
}
