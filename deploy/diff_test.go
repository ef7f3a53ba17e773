package deploy

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/devloop-dev/devloop/internal/diff"
)

func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	objects, err := parseDocument([]byte(text))
	if err != nil || len(objects) != 1 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	return objects[0].Object
}

func TestNoSecretValueIsLeft(t *testing.T) {
	secret := func(value string) map[string]any {
		encoded := base64.StdEncoding.EncodeToString([]byte(value))
		return cleaned(parsed(t, fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: s
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"data":{"key":%[2]q},"stringData":{"text":%[1]q}}'
    objectset.rio.cattle.io/applied: H4sI%[2]s
    somebody.example/note: the key is %[1]s
    meta.helm.sh/release-name: web
data: {key: %[2]s, same: c2FtZXNlY3JldA==}
stringData: {text: %[1]s}
`, value, encoded)))
	}
	before, after := secret("hunter2-old"), secret("hunter2-new")
	delete(before["data"].(map[string]any), "same")
	for name, shown := range map[string]map[string]any{"before": hideObject(before, nil), "after": hideObject(after, before)} {
		data, err := json.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{"hunter2", base64.StdEncoding.EncodeToString([]byte("hunter2-old"))[:9], "c2FtZX"} {
			if strings.Contains(string(data), value) {
				t.Errorf("%s shows %s: %s", name, value, data)
			}
		}
	}
	var got []string
	for _, l := range diff.Lines(hideObject(before, nil), hideObject(after, before)) {
		if strings.Contains(l.Text, ": (") {
			got = append(got, l.String())
		}
	}
	want := []string{
		"-     kubectl.kubernetes.io/last-applied-configuration: (hidden)",
		"+     kubectl.kubernetes.io/last-applied-configuration: (hidden, another value)",
		"-     objectset.rio.cattle.io/applied: (hidden)",
		"+     objectset.rio.cattle.io/applied: (hidden, another value)",
		"-     somebody.example/note: (hidden)",
		"+     somebody.example/note: (hidden, another value)",
		"-   key: (hidden)",
		"+   key: (hidden, another value)",
		"+   same: (hidden)",
		"-   text: (hidden)",
		"+   text: (hidden, another value)",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("drawn (-want +got):\n%s", d)
	}
	if v := before["data"].(map[string]any)["key"]; v == Hidden {
		t.Error("the object itself was written to")
	}
}

func TestCopiesInAnnotationsOfAnyKindAreHidden(t *testing.T) {
	o := parsed(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"b"}}', other: shown}}, data: {k: v}}`)
	got, _ := diff.Path{{Key: "metadata"}, {Key: "annotations"}}.Lookup(hideObject(o, nil))
	want := map[string]any{"kubectl.kubernetes.io/last-applied-configuration": Hidden, "other": "shown"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("annotations (-want +got):\n%s", d)
	}
}

func TestDriftNamesTheFieldAndItsWriter(t *testing.T) {
	live := parsed(t, `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  managedFields:
  - {manager: devloop, operation: Update, time: "2026-01-01T00:00:00Z", fieldsV1: {"f:spec": {"f:replicas": {}}}}
  - {manager: old-tool, operation: Update, time: "2026-01-01T00:00:00Z", fieldsV1: {"f:spec": {"f:replicas": {}}}}
  - {manager: kubectl-edit, operation: Update, time: "2026-01-02T00:00:00Z", fieldsV1: {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:args": {}}}}}}}}
spec: {replicas: 5, paused: true, template: {spec: {containers: [{name: app, image: b, args: [x]}]}}}
`)
	was := parsed(t, `{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 1, template: {spec: {containers: [{name: app, image: a, args: [y]}]}}}}`)
	want := parsed(t, `{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 1, template: {spec: {containers: [{name: app, image: c, args: [y]}]}}}}`)
	after := parsed(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, template: {spec: {containers: [{name: app, image: c, args: [y]}]}}}}`)
	got := drifted(&unstructured.Unstructured{Object: live}, cleaned(live), after, was, want)
	// The image is no drift: the files changed it, too.
	expected := []FieldDrift{{"spec.paused", ""}, {"spec.replicas", "kubectl-edit"}, {"spec.template.spec.containers[app].args", "kubectl-edit"}}
	if d := cmp.Diff(expected, got); d != "" {
		t.Errorf("drift (-want +got):\n%s", d)
	}
}

func TestDifferingValuesAreNamedAsDeepAsTheyAreMaps(t *testing.T) {
	got := differing(
		map[string]any{"a": map[string]any{"n": 1, "gone": true}, "list": []any{1}, "same": 2.0, "text": "x"},
		map[string]any{"a": map[string]any{"n": 2}, "list": []any{1, 2}, "same": 2, "text": map[string]any{"k": 1}, "new": map[string]any{"x": 1}})
	want := [][]string{{"a", "gone"}, {"a", "n"}, {"list"}, {"new", "x"}, {"text"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
}
