//go:build sandbox

package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

const secretValue = "correct-horse-battery-staple"

// diffChart holds what the API server writes otherwise than it is given, beside
// what tests edit.
var diffChart = map[string]string{
	"values.yaml": "replicas: 0\nwho: world\npassword: " + secretValue + "\n",
	"templates/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  who: {{ .Values.who | quote }}
`,
	"templates/spare.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: spare}\n",
	"templates/kept.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}\n",
	"templates/secret.yaml": `apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData:
  password: {{ .Values.password }}
`,
	"templates/hook.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: before, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
`,
	"templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: false
      containers:
      - name: web
        image: deploy.test/pod:1
        resources: {limits: {cpu: 1000m, memory: 1024Mi}}
`,
	"templates/set.yaml": `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: set}
spec:
  replicas: 0
  serviceName: set
  selector: {matchLabels: {app: set}}
  template:
    metadata: {labels: {app: set}}
    spec: {containers: [{name: c, image: "deploy.test/pod:1"}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
`,
	"templates/policy.yaml": `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: policy}
spec:
  podSelector: {}
  ingress: [{ports: [{port: 80}]}]
`,
}

// told is a Diff in short: action, then change and kind/name of each object.
func told(d *Diff) []string {
	out := []string{string(d.Action)}
	for _, o := range d.Objects {
		text := fmt.Sprintf("%s %s", o.Change, o)
		for _, f := range o.Drift {
			text += " drift " + f.Path
		}
		out = append(out, text)
	}
	return out
}

// diff is Diff, checked for having written nothing and told no secret.
func (s *sandbox) diff(t *testing.T, rel Release) *Diff {
	t.Helper()
	before := s.versions(t)
	d, err := s.Diff(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	if changed := cmp.Diff(before, s.versions(t)); changed != "" {
		t.Errorf("Diff wrote (-before +after):\n%s", changed)
	}
	all, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{secretValue, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "another-secret", "YW5vdGhlci1zZWNyZX"} {
		if strings.Contains(string(all), value) {
			t.Errorf("Diff tells the secret %s: %s", value, all)
		}
	}
	return d
}

func expectDiff(t *testing.T, d *Diff, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, told(d)); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
}

func TestDiffOfAnInstallListsEverythingAndMakesNothing(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, diffChart)
	d := s.diff(t, rel)
	expectDiff(t, d, "installed", "create NetworkPolicy/policy", "create Secret/secret", "create ConfigMap/config",
		"create ConfigMap/kept", "create ConfigMap/spare", "create Deployment/web", "create StatefulSet/set")
	if len(d.Hooks) != 1 || d.Hooks[0].Name != "before" || !slices.Equal(d.Hooks[0].Events, []string{"pre-install"}) {
		t.Errorf("hooks %+v", d.Hooks)
	}
	rel.Namespace += "-none"
	d, err := s.Diff(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	if o := d.Objects[0]; o.Kind != "Namespace" || !strings.Contains(o.Problem, "createNamespace") {
		t.Errorf("without its namespace: %+v", o)
	}
	rel.CreateNamespace = true
	if d, err = s.Diff(t.Context(), rel); err != nil || d.Objects[0].Kind != "Namespace" || d.Objects[0].Problem != "" {
		t.Errorf("with createNamespace: %v, %+v", err, d.Objects[0])
	}
	if _, err := s.kube.CoreV1().Namespaces().Get(t.Context(), rel.Namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the namespace was made: %v", err)
	}
}

func TestDiffTellsWhatApplyThenDoes(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, diffChart)
	s.apply(t, rel)
	// The API server keeps some of this in another form than the files have it.
	expectDiff(t, s.diff(t, rel), "unchanged")

	steps := []struct {
		name  string
		edit  func()
		want  []string
		cause string // in a reason, with its file
	}{
		{"a value", func() { rewrite(t, filepath.Join(rel.Chart, "values.yaml"), "who: world", "who: all") },
			[]string{"upgraded", "update ConfigMap/config"}, "values.yaml:2 value who"},
		{"a secret value", func() { rewrite(t, filepath.Join(rel.Chart, "values.yaml"), secretValue, "another-secret") },
			[]string{"upgraded", "update Secret/secret"}, "values.yaml:3 value password"},
		{"a template", func() { rewrite(t, filepath.Join(rel.Chart, "templates/policy.yaml"), "port: 80", "port: 81") },
			[]string{"upgraded", "update NetworkPolicy/policy"}, "templates/policy.yaml:0 changed"},
		// Helm's patch replaces the claim templates, without the server's defaults.
		{"beside defaults", func() {
			rewrite(t, filepath.Join(rel.Chart, "templates/set.yaml"), "serviceName: set", "serviceName: set\n  minReadySeconds: 1")
		},
			[]string{"upgraded", "update StatefulSet/set"}, "templates/set.yaml:0 changed"},
		{"templates gone, one object kept", func() {
			remove(t, filepath.Join(rel.Chart, "templates/spare.yaml"))
			remove(t, filepath.Join(rel.Chart, "templates/kept.yaml"))
		}, []string{"upgraded", "keep ConfigMap/kept", "delete ConfigMap/spare"}, "templates/spare.yaml:0 removed"},
		{"drift, and an edit", func() {
			s.patch(t, "deployments", "web", `{"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"web","image":"hand:made"}]}}}}`)
			rewrite(t, filepath.Join(rel.Chart, "values.yaml"), "who: all", "who: you")
		}, []string{"upgraded", "update ConfigMap/config", "update Deployment/web drift spec.replicas drift spec.template.spec.containers[web].image"}, "values.yaml:2 value who"},
		{"an object that was deleted", func() {
			if err := s.kube.CoreV1().ConfigMaps(s.namespace).Delete(t.Context(), "config", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}, []string{"upgraded", "create ConfigMap/config"}, "templates/config.yaml:0 ConfigMap/config is gone"},
	}
	for _, st := range steps {
		t.Run(st.name, func(t *testing.T) {
			st.edit()
			d := s.diff(t, rel)
			expectDiff(t, d, st.want...)
			var reasons []string
			for _, r := range d.Reasons {
				reasons = append(reasons, fmt.Sprintf("%s:%d %s", strings.TrimPrefix(r.File, rel.Chart+"/"), r.Line, r.Text))
			}
			if !strings.Contains(strings.Join(reasons, "\n"), st.cause) {
				t.Errorf("reasons %q, want %q", reasons, st.cause)
			}
			res := s.apply(t, rel)
			var planned, done []string
			for _, o := range d.Objects {
				if o.Change != Keep && o.Change != Drifted {
					planned = append(planned, o.String())
				}
			}
			for _, o := range slices.Concat(res.Written, res.Removed) {
				done = append(done, o.String())
			}
			slices.Sort(planned)
			slices.Sort(done)
			if diff := cmp.Diff(planned, done); diff != "" || res.Action != d.Action {
				t.Errorf("Apply %s after a diff of %s (-planned +written):\n%s", res.Action, d.Action, diff)
			}
			expectDiff(t, s.diff(t, rel), "unchanged")
		})
	}
}

func TestDiffOfUnchangedFilesTellsDrift(t *testing.T) {
	s := newSandbox(t)
	chart := map[string]string{
		"templates/config.yaml": diffChart["templates/config.yaml"], "values.yaml": diffChart["values.yaml"],
		"templates/route.yaml": "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: route}\nspec:\n  hosts: [a.example]\n  http:\n  - {name: all, route: [{destination: {host: web}, weight: 100}]}\n",
	}
	rel := s.release(t, chart)
	s.apply(t, rel)
	expectDiff(t, s.diff(t, rel), "unchanged")
	s.patch(t, "configmaps", "config", `{"data":{"who":"me"}}`)
	s.patch(t, "virtualservices", "route", `{"spec":{"hosts":["b.example"]}}`)
	d := s.diff(t, rel)
	expectDiff(t, d, "unchanged", "drift ConfigMap/config drift data.who", "drift VirtualService/route drift spec.hosts")
	if by := d.Objects[0].Drift[0].By; by != "by-hand" {
		t.Errorf("drift by %q", by)
	}
	rewrite(t, filepath.Join(rel.Chart, "values.yaml"), "who: world", "who: all")
	expectDiff(t, s.diff(t, rel), "upgraded", "update ConfigMap/config", "drift VirtualService/route drift spec.hosts")
}

// patch edits an object as somebody who is neither helm nor devloop.
func (s *sandbox) patch(t *testing.T, resource, name, body string) {
	t.Helper()
	groups := map[string]schema.GroupVersion{
		"configmaps": {Version: "v1"}, "deployments": {Group: "apps", Version: "v1"},
		"virtualservices": {Group: "networking.istio.io", Version: "v1"},
	}
	kind := types.StrategicMergePatchType
	if resource == "virtualservices" {
		kind = types.MergePatchType
	}
	_, err := s.dynamic.Resource(groups[resource].WithResource(resource)).Namespace(s.namespace).
		Patch(t.Context(), name, kind, []byte(body), metav1.PatchOptions{FieldManager: "by-hand"})
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
