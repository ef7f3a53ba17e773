//go:build sandbox

package deploy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// compared are the kinds whose objects must be the same after each step.
var compared = []schema.GroupVersionResource{
	{Version: "v1", Resource: "configmaps"}, {Version: "v1", Resource: "secrets"}, {Version: "v1", Resource: "services"},
	{Version: "v1", Resource: "serviceaccounts"}, {Group: "apps", Version: "v1", Resource: "deployments"},
	{Group: "apps", Version: "v1", Resource: "statefulsets"}, {Group: "batch", Version: "v1", Resource: "cronjobs"},
	{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}, {Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}, {Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"},
}

const fidelityChart = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: deploy.test/pod:1
        ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9090}]
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        resources: {limits: {cpu: 1000m, memory: 0.5Gi}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 0
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: "deploy.test/pod:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: admin}]}
---
# a comment alone
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: one, annotations: {note: x}}, data: {a: "1", b: "2"}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}, data: {a: "1"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: left}, data: {a: "1"}}
---
{apiVersion: v1, kind: Secret, metadata: {name: key}, stringData: {k: v, gone: x}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: night}, spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: x}]}}}}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: robot}, rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 2}}
`

// TestSameAsPlainHelm applies a series of edits, of the chart and by hand, with
// Apply in one namespace and with the plain SDK in another. The objects must be
// the same after each step.
func TestSameAsPlainHelm(t *testing.T) {
	ours, theirs := newSandbox(t), newSandbox(t)
	group := ours.namespace + ".example.com"
	ours.removeKind(t, group)
	install := ours.release(t, map[string]string{"templates/crd.yaml": widgetKind(group)})
	install.Name = "kinds"
	if err := ours.wait(t, ours.apply(t, install)); err != nil {
		t.Fatal(err)
	}
	widgets := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}
	template := fidelityChart + "---\n{apiVersion: " + group + "/v1, kind: Widget, metadata: {name: w}, spec: {size: 1, list: [1, 2], gone: x}}\n"
	edit := func(old, new string) {
		if !strings.Contains(template, old) {
			t.Fatalf("nothing to edit: %s", old)
		}
		template = strings.Replace(template, old, new, 1)
	}
	patch := func(kind types.PatchType) func(gvr schema.GroupVersionResource, name, patch string) {
		return func(gvr schema.GroupVersionResource, name, patch string) {
			for _, s := range []*sandbox{ours, theirs} {
				if _, err := s.dynamic.Resource(gvr).Namespace(s.namespace).Patch(t.Context(), name, kind, []byte(patch), metav1.PatchOptions{}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	byHand, mergeByHand := patch(types.StrategicMergePatchType), patch(types.MergePatchType)
	remove := func(gvr schema.GroupVersionResource, name string) {
		for _, s := range []*sandbox{ours, theirs} {
			if err := s.dynamic.Resource(gvr).Namespace(s.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	cm, svc, deploy := compared[0], compared[2], compared[4]
	steps := []struct {
		name string
		do   func()
	}{
		{"install", func() {}},
		{"a value", func() { edit(`value: "1"`, `value: "one"`) }},
		{"a label and a port go", func() {
			edit(", labels: {tier: front}", "")
			edit(`, {name: admin, port: 81, targetPort: admin}`, "")
			edit(`, {name: admin, containerPort: 9090}`, "")
		}},
		{"edits by hand", func() {
			byHand(deploy, "web", `{"metadata":{"labels":{"mine":"x"}},"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"hand"},{"name":"C","value":"3"}]},{"name":"injected","image":"x"}]}}}}`)
			byHand(cm, "one", `{"data":{"a":"hand","z":"26"},"metadata":{"labels":{"app.kubernetes.io/managed-by":null}}}`)
			mergeByHand(widgets, "w", `{"spec":{"size":9,"mine":true},"metadata":{"labels":null}}`)
			remove(svc, "web")
			edit(`data: {a: "1", b: "2"}`, `data: {a: "1", b: "two"}`)
		}},
		{"lists change order and length", func() {
			edit(`env: [{name: A, value: "one"}, {name: B, value: "2"}]`, `env: [{name: D, value: "4"}, {name: B, value: "2"}]`)
			edit("verbs: [get, list]", "verbs: [watch, get]")
			edit("host: a.example.com", "host: b.example.com")
		}},
		{"a container is added before the other", func() { edit("      - name: main\n", "      - {name: side, image: side}\n      - name: main\n") }},
		{"a custom resource", func() { edit("size: 1, list: [1, 2], gone: x", "size: 2, list: [1]") }},
		{"a secret's key goes", func() { edit("stringData: {k: v, gone: x}", "stringData: {k: w}") }},
		{"null takes a default away", func() { edit("restartPolicy: Never,", "restartPolicy: Never, nodeSelector: null,") }},
		{"objects leave the chart, one is kept", func() {
			edit("- {apiVersion: v1, kind: ConfigMap, metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}, data: {a: \"1\"}}\n", "")
			edit(`{apiVersion: v1, kind: ConfigMap, metadata: {name: left}, data: {a: "1"}}`, "")
		}},
		{"a kept object comes back into the chart", func() {
			edit("# a comment alone", `{apiVersion: v1, kind: ConfigMap, metadata: {name: kept}, data: {c: "3"}}`)
		}},
		{"another kind of the same name", func() {
			edit("kind: ConfigMap, metadata: {name: one", "kind: Secret, metadata: {name: one")
			edit(`data: {a: "1", b: "two"}`, `data: {a: "MQ=="}`)
		}},
		{"a comment", func() { template += "# the end\n" }},
	}
	for i, step := range steps {
		step.do()
		rel := ours.release(t, map[string]string{"templates/all.yaml": template})
		res := ours.apply(t, rel)
		theirs.helmUpgrade(t, rel)
		if res.Revision != i+1 {
			t.Errorf("%s: revision %d, want %d", step.name, res.Revision, i+1)
		}
		if diff := cmp.Diff(theirs.objects(t, widgets), ours.objects(t, widgets)); diff != "" {
			t.Errorf("%s (-helm +devloop):\n%s", step.name, diff)
		}
		if again := ours.apply(t, rel); again.Action != Unchanged {
			t.Errorf("%s, once more: %s", step.name, again.Action)
		}
	}
	if diff := cmp.Diff(theirs.history(t), ours.history(t)); diff != "" {
		t.Errorf("history (-helm +devloop):\n%s", diff)
	}
}

// helmUpgrade is `helm upgrade --install --reset-values` of the plain SDK.
func (s *sandbox) helmUpgrade(t *testing.T, rel Release) {
	t.Helper()
	ch, err := loader.Load(rel.Chart)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.helm(t)
	if _, err := cfg.Releases.Last(rel.Name); err != nil {
		in := action.NewInstall(cfg)
		in.ReleaseName, in.Namespace = rel.Name, s.namespace
		if _, err := in.Run(ch, map[string]any{}); err != nil {
			t.Fatal(err)
		}
		return
	}
	up := action.NewUpgrade(cfg)
	up.Namespace, up.ResetValues, up.MaxHistory = s.namespace, true, 10
	if _, err := up.Run(rel.Name, ch, map[string]any{}); err != nil {
		t.Fatal(err)
	}
}

// objects are the namespace's objects without what differs by nature.
func (s *sandbox) objects(t *testing.T, more ...schema.GroupVersionResource) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, gvr := range append(more, compared...) {
		list, err := s.dynamic.Resource(gvr).Namespace(s.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: withoutRecords(kindIn{resource: gvr})})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Items {
			for _, path := range [][]string{
				{"metadata", "uid"}, {"metadata", "resourceVersion"}, {"metadata", "creationTimestamp"}, {"metadata", "managedFields"},
				{"metadata", "namespace"}, {"metadata", "annotations", "meta.helm.sh/release-namespace"},
				{"metadata", "annotations", revisionAnnotation}, {"status"}, {"spec", "clusterIP"}, {"spec", "clusterIPs"},
			} {
				unstructured.RemoveNestedField(o.Object, path...)
			}
			if o.GetName() != "kube-root-ca.crt" {
				out[gvr.Resource+"/"+o.GetName()] = o.Object
			}
		}
	}
	return out
}

func (s *sandbox) history(t *testing.T) []string {
	t.Helper()
	releases, err := action.NewHistory(s.helm(t)).Run("web")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range releases {
		out = append(out, fmt.Sprintf("%d %s %s", r.Version, r.Info.Status, r.Info.Description))
	}
	return out
}
