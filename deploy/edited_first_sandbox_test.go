//go:build sandbox

package deploy

import (
	"context"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What was edited is written before anything else is read; what was not edited is
// corrected all the same.
func TestTheEditedObjectGoesFirst(t *testing.T) {
	s := newSandbox(t)
	c, count := s.counted(t)
	rel := s.release(t, map[string]string{
		"templates/a.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n",
		"templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}\n",
		"templates/c.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}], clusterIP: None}\n",
		// Of all kinds here helm writes it last.
		"templates/d.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n" +
			"spec: {defaultBackend: {service: {name: web, port: {number: {{ .Values.port }}}}}}\n",
		"values.yaml": "port: 80\n",
	})
	apply := func(port int) []string {
		rel.Set = map[string]any{"port": port}
		if _, err := c.Apply(t.Context(), rel); err != nil {
			t.Fatal(err)
		}
		all, _ := count.taken()
		return all
	}
	apply(80)
	err := s.kube.CoreV1().ConfigMaps(s.namespace).Delete(t.Context(), "other", metav1.DeleteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := apply(81)
	written := slices.IndexFunc(all, func(r string) bool { return strings.HasPrefix(r, "PATCH ") && strings.Contains(r, "/ingresses/web") })
	if written < 0 {
		t.Fatalf("the edit was not sent:\n%s", strings.Join(all, "\n"))
	}
	for _, r := range all[:written] {
		for _, other := range []string{"/serviceaccounts/web", "/configmaps/other", "/services/web"} {
			if strings.Contains(r, other) {
				t.Errorf("%s before the edit:\n%s", r, strings.Join(all, "\n"))
			}
		}
	}
	if _, err := s.kube.CoreV1().ConfigMaps(s.namespace).Get(t.Context(), "other", metav1.GetOptions{}); err != nil {
		t.Errorf("what was deleted by hand: %v", err)
	}
}

// An edited object may need one that is gone and was not edited.
func TestAnEditedObjectThatNeedsAnother(t *testing.T) {
	s := newSandbox(t)
	inner := s.namespace + "-inner"
	rel := s.release(t, map[string]string{
		"templates/a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + inner + "}\n",
		"templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: " + inner + "}\ndata: {who: {{ .Values.who }}}\n",
		"values.yaml":      "who: a\n",
	})
	t.Cleanup(func() {
		err := s.kube.CoreV1().Namespaces().Delete(context.Background(), inner, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	s.apply(t, rel)
	if err := s.kube.CoreV1().Namespaces().Delete(t.Context(), inner, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.awaitOneGone(t.Context(), kindIn{corev1.SchemeGroupVersion.WithResource("namespaces"), ""}, inner); err != nil {
		t.Fatal(err)
	}
	rel.Set = map[string]any{"who": "b"}
	s.apply(t, rel)
	cm, err := s.kube.CoreV1().ConfigMaps(inner).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil || cm.Data["who"] != "b" {
		t.Errorf("config map: %v, %v", cm, err)
	}
}
