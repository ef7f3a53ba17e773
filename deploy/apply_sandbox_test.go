//go:build sandbox

package deploy

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// small is the chart of most tests: a deployment of the test image, its
// service, a config map and a secret.
func small() map[string]string {
	return map[string]string{
		"values.yaml": "replicas: 1\nimage: " + podImage + "\nmode: serve\nwho: world\n",
		"templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: {{ .Values.image }}
        imagePullPolicy: IfNotPresent
        args: [{{ .Values.mode | quote }}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
`,
		"templates/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n",
		"templates/config.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {who: {{ .Values.who | quote }}}\n",
		"templates/secret.yaml":  "apiVersion: v1\nkind: Secret\nmetadata: {name: secret}\nstringData: {key: hidden}\n",
	}
}

func TestInstallUpgradeUnchanged(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())

	res := s.apply(t, rel)
	if res.Action != Installed || res.Revision != 1 || len(res.Written) != 4 || res.Total != 4 {
		t.Fatalf("first apply: %s, revision %d, %d written of %d", res.Action, res.Revision, len(res.Written), res.Total)
	}
	if err := s.wait(t, res); err != nil {
		t.Fatal(err)
	}

	rel.Set = map[string]any{"replicas": 3}
	res = s.apply(t, rel)
	if res.Action != Upgraded || res.Revision != 2 {
		t.Fatalf("second apply: %s, revision %d", res.Action, res.Revision)
	}
	want := []Object{{"apps/v1", "Deployment", s.namespace, "web", "templates/deployment.yaml"}}
	if diff := cmp.Diff(want, res.Written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	if err := s.wait(t, res); err != nil {
		t.Fatal(err)
	}
	d, err := s.kube.AppsV1().Deployments(s.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Status.ReadyReplicas != 3 {
		t.Errorf("Wait ended with %d of 3 pods ready", d.Status.ReadyReplicas)
	}

	before := s.versions(t)
	for range 2 {
		res = s.apply(t, rel)
		if res.Action != Unchanged || res.Revision != 2 || len(res.Written) != 0 {
			t.Fatalf("apply of the same: %s, revision %d, wrote %v", res.Action, res.Revision, res.Written)
		}
	}
	if diff := cmp.Diff(before, s.versions(t)); diff != "" {
		t.Errorf("an unchanged release was written:\n%s", diff)
	}
	if err := s.wait(t, res); err != nil {
		t.Errorf("wait for an unchanged release: %v", err)
	}
}

func TestRemovedObjectsAreDeleted(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	s.apply(t, rel)
	if err := os.Remove(filepath.Join(rel.Chart, "templates/config.yaml")); err != nil {
		t.Fatal(err)
	}
	res := s.apply(t, rel)
	if len(res.Removed) != 1 || res.Removed[0].Name != "config" || len(res.Written) != 0 {
		t.Errorf("removed %v, written %v; want config alone removed", res.Removed, res.Written)
	}
	if _, err := s.kube.CoreV1().ConfigMaps(s.namespace).Get(t.Context(), "config", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the config map that left the chart is still there: %v", err)
	}
}

func TestDeletedObjectComesBack(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	s.apply(t, rel)
	if err := s.kube.CoreV1().ConfigMaps(s.namespace).Delete(t.Context(), "config", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	res := s.apply(t, rel)
	if res.Action != Upgraded || len(res.Written) != 1 || res.Written[0].Name != "config" {
		t.Errorf("%s, written %v; want config alone", res.Action, res.Written)
	}
	if _, err := s.kube.CoreV1().ConfigMaps(s.namespace).Get(t.Context(), "config", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if res = s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("and then %s", res.Action)
	}
}

// A chart that prints its revision differs with each rendering, though its
// files do not.
func TestRevisionInAManifestIsNoChange(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{
		"templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {revision: \"{{ .Release.Revision }}\", who: {{ .Values.who | default \"x\" }}}\n",
	})
	s.apply(t, rel)
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("apply of the same: %s", res.Action)
	}
	rel.Set = map[string]any{"who": "z"}
	if res := s.apply(t, rel); res.Revision != 2 || !strings.Contains(res.Rendered.Manifest, `revision: "2"`) {
		t.Errorf("revision %d renders\n%s", res.Revision, res.Rendered.Manifest)
	}
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("apply of the same after an upgrade: %s", res.Action)
	}
}

func TestLookupReadsTheCluster(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{
		"templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {phase: {{ (lookup \"v1\" \"Namespace\" \"\" .Release.Namespace).status.phase }}}\n",
	})
	r, err := s.Render(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Manifest, "phase: Active") {
		t.Errorf("manifest:\n%s", r.Manifest)
	}
	if res := s.apply(t, rel); res.Rendered.Digest != r.Digest {
		t.Error("Apply renders something else than Render")
	}
}

func TestCreateNamespaceAndUninstall(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	rel.Namespace, rel.CreateNamespace = s.namespace+"-own", true
	t.Cleanup(func() {
		_ = s.kube.CoreV1().Namespaces().Delete(context.Background(), rel.Namespace, metav1.DeleteOptions{})
	})
	broken := s.release(t, map[string]string{"templates/x.yaml": "{{ fail \"no\" }}"})
	broken.Namespace, broken.CreateNamespace = rel.Namespace, true
	if _, err := s.Apply(t.Context(), broken); err == nil {
		t.Fatal("a chart that does not render was installed")
	}
	if _, err := s.kube.CoreV1().Namespaces().Get(t.Context(), rel.Namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a chart that does not render left its namespace: %v", err)
	}
	s.apply(t, rel)
	other := s.release(t, map[string]string{"templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"})
	other.Name, other.Namespace = "other", rel.Namespace
	s.apply(t, other)

	for range 2 { // the second time there is nothing left to do
		if err := s.Uninstall(t.Context(), rel.Name, rel.Namespace); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.kube.AppsV1().Deployments(rel.Namespace).Get(t.Context(), "web", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the deployment is still there: %v", err)
	}
	if _, err := s.kube.CoreV1().ConfigMaps(rel.Namespace).Get(t.Context(), "other", metav1.GetOptions{}); err != nil {
		t.Errorf("another release's object: %v", err)
	}
	if res := s.apply(t, other); res.Action != Unchanged {
		t.Errorf("another release is %s", res.Action)
	}

	if removed, err := s.RemoveNamespace(t.Context(), rel.Namespace); removed || err != nil {
		t.Errorf("a namespace that another release lives in: removed %v, %v", removed, err)
	}
	if err := s.Uninstall(t.Context(), other.Name, other.Namespace); err != nil {
		t.Fatal(err)
	}
	if removed, err := s.RemoveNamespace(t.Context(), rel.Namespace); !removed || err != nil {
		t.Errorf("the namespace that Apply made: removed %v, %v", removed, err)
	}
	if removed, err := s.RemoveNamespace(t.Context(), rel.Namespace); removed || err != nil {
		t.Errorf("removed again: %v, %v", removed, err)
	}
	if res := s.apply(t, rel); res.Action != Installed { // while it is being deleted
		t.Errorf("apply into a namespace that is being deleted: %s", res.Action)
	}
	if removed, err := s.RemoveNamespace(t.Context(), s.namespace); removed || err != nil {
		t.Errorf("a namespace that somebody else made: removed %v, %v", removed, err)
	}
}

// who is the value the config map has.
func (s *sandbox) who(t *testing.T) string {
	t.Helper()
	cm, err := s.kube.CoreV1().ConfigMaps(s.namespace).Get(t.Context(), "config", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return cm.Data["who"]
}
