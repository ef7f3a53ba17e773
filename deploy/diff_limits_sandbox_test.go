//go:build sandbox

package deploy

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

func TestAJobThatExpiredIsNotMissed(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{"templates/job.yaml": `apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  suspend: true
  ttlSecondsAfterFinished: 60
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: "deploy.test/pod:1"}]}}
`})
	s.apply(t, rel)
	background := metav1.DeletePropagationBackground
	if err := s.kube.BatchV1().Jobs(s.namespace).Delete(t.Context(), "once", metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
		t.Fatal(err)
	}
	expectDiff(t, s.diff(t, rel), "unchanged")
}

func TestWhatAnAutoscalerScalesIsNoDrift(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{"templates/web.yaml": diffChart["templates/web.yaml"], "values.yaml": diffChart["values.yaml"]})
	s.apply(t, rel)
	s.patch(t, "deployments", "web", `{"spec":{"replicas":2}}`)
	expectDiff(t, s.diff(t, rel), "unchanged", "drift Deployment/web drift spec.replicas")
	hpa := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}, MaxReplicas: 3}}
	if _, err := s.kube.AutoscalingV2().HorizontalPodAutoscalers(s.namespace).Create(t.Context(), hpa, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	expectDiff(t, s.diff(t, rel), "unchanged")
}

func TestDiffTellsWhatTheClusterWouldRefuse(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{"templates/web.yaml": diffChart["templates/web.yaml"], "values.yaml": diffChart["values.yaml"]})
	s.apply(t, rel)
	rewrite(t, filepath.Join(rel.Chart, "templates/web.yaml"), "app: web", "app: other")
	_, err := s.kube.CoreV1().ConfigMaps(s.namespace).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "config"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	more := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n---\napiVersion: none.example/v1\nkind: Nothing\nmetadata: {name: nix}\n---\napiVersion: v1\nkind: Secret\nmetadata: {generateName: s-}\n"
	if err := os.WriteFile(filepath.Join(rel.Chart, "templates/more.yaml"), []byte(more), 0o644); err != nil {
		t.Fatal(err)
	}
	d := s.diff(t, rel)
	want := map[string]string{"Deployment/web": "spec.selector: field is immutable", "ConfigMap/config": "belongs to something else", "Nothing/nix": "no kind Nothing", "Secret/": "no name"}
	for _, o := range d.Objects {
		if !strings.Contains(o.Problem, want[o.String()]) || want[o.String()] == "" {
			t.Errorf("%s: problem %q, want %q", o, o.Problem, want[o.String()])
		}
	}
	if len(d.Objects) != len(want) {
		t.Errorf("diff %v", told(d))
	}
}

func TestDiffOfAChartThatBringsItsKinds(t *testing.T) {
	s := newSandbox(t)
	d := s.diff(t, s.release(t, map[string]string{
		"crds/things.yaml":     "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.diff.test}\nspec: {group: diff.test, names: {kind: Thing, plural: things}, scope: Namespaced, versions: []}\n",
		"templates/thing.yaml": "apiVersion: diff.test/v1\nkind: Thing\nmetadata: {name: one}\n",
	}))
	expectDiff(t, d, "installed", "create CustomResourceDefinition/things.diff.test", "create Thing/one")
	for _, o := range d.Objects {
		if o.Problem != "" {
			t.Errorf("%s: %s", o, o.Problem)
		}
	}
	if len(d.Notes) != 1 || d.Objects[0].Template != "crds/things.yaml" {
		t.Errorf("notes %q, CRD from %s", d.Notes, d.Objects[0].Template)
	}
}

func TestDiffNeedsNoPermissionToWrite(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, diffChart)
	s.apply(t, rel)
	s.patch(t, "deployments", "web", `{"spec":{"replicas":2}}`)
	rewrite(t, filepath.Join(rel.Chart, "values.yaml"), "who: world", "who: all")

	rbac := s.kube.RbacV1()
	read := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "read"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list"}}}}
	if _, err := rbac.Roles(s.namespace).Create(t.Context(), read, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "read"}, RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "read"},
		Subjects: []rbacv1.Subject{{Kind: "User", Name: "reader", APIGroup: "rbac.authorization.k8s.io"}}}
	if _, err := rbac.RoleBindings(s.namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config := rest.CopyConfig(s.getter.config)
	config.Impersonate.UserName = "reader"
	reader, err := New(config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var d *Diff
	for ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second); ; { // until the binding is known
		if d, err = reader.Diff(ctx, rel); err == nil || !apierrors.IsForbidden(err) || ctx.Err() != nil {
			cancel()
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	expectDiff(t, d, "upgraded", "update ConfigMap/config", "update Deployment/web drift spec.replicas")
}
