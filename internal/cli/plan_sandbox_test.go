//go:build sandbox

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// project is a devloop.yaml, a chart and an image in a folder, with a namespace
// of its own in the cluster that KUBECONFIG names.
type project struct {
	t         *testing.T
	dir       string
	namespace string
	kube      kubernetes.Interface
}

func newProject(t *testing.T) *project {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("KUBECONFIG must name the sandbox cluster: %v", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "devloop-plan-test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	p := &project{t: t, dir: t.TempDir(), namespace: ns.Name, kube: client}
	// The name keeps the image apart from that of an earlier run.
	p.write("devloop.yaml", "apiVersion: devloop/v1\nproject: plan\nimages: {app: {context: app}}\nreleases:\n  web: {chart: chart, namespace: "+ns.Name+", values: [local.yaml], images: {image: app}}\n")
	p.write("app/Dockerfile", "FROM scratch\nCOPY file /\n")
	p.write("app/file", ns.Name)
	p.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n")
	p.write("chart/values.yaml", "image: none\nwho: world\n")
	p.write("chart/templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {who: {{ .Values.who | quote }}, image: {{ .Values.image | quote }}}\n")
	p.write("local.yaml", "who: here\n")
	return p
}

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		p.t.Fatal(err)
	}
}

// run runs a command and returns its exit code and standard output, with
// standard error where it failed.
func (p *project) run(args ...string) (int, string) {
	p.t.Helper()
	var out, errOut bytes.Buffer
	code := Main(append(args, "-f", p.dir, "--color", "never"), nil, &out, &errOut)
	p.t.Logf("%s: %d\n%s%s", strings.Join(args, " "), code, &out, &errOut)
	if code == exitOK || code == exitChanges && errOut.Len() == 0 {
		return code, out.String()
	}
	return code, out.String() + errOut.String()
}

// state is every config map and secret, helm's records among them, by version.
// The config map that the cluster puts into each namespace is left out: it
// comes some time after the namespace.
func (p *project) state() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	configs, err1 := p.kube.CoreV1().ConfigMaps(p.namespace).List(p.t.Context(), metav1.ListOptions{})
	secrets, err2 := p.kube.CoreV1().Secrets(p.namespace).List(p.t.Context(), metav1.ListOptions{})
	if err := errors.Join(err1, err2); err != nil {
		p.t.Fatal(err)
	}
	for _, o := range configs.Items {
		if o.Name != "kube-root-ca.crt" {
			out["ConfigMap/"+o.Name] = o.ResourceVersion
		}
	}
	for _, o := range secrets.Items {
		out["Secret/"+o.Name] = o.ResourceVersion
	}
	return out
}

// expect runs plan --exit-code and checks that it changed nothing.
func (p *project) expect(code int, words ...string) {
	p.t.Helper()
	before := p.state()
	got, out := p.run("plan", "--exit-code")
	if got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			p.t.Errorf("the plan does not say %q", w)
		}
	}
	if after := p.state(); !maps.Equal(before, after) {
		p.t.Errorf("plan wrote: before %v, after %v", before, after)
	}
}

func (p *project) up() {
	p.t.Helper()
	if code, _ := p.run("up", "--once"); code != exitOK {
		p.t.Fatalf("up --once: exit code %d", code)
	}
}

func TestPlan(t *testing.T) {
	p := newProject(t)
	p.expect(exitChanges, "would be built", "release web in namespace "+p.namespace+"  install", "+ ConfigMap/config  chart/templates/config.yaml")
	p.up()
	p.expect(exitOK, "is there", "in line with revision 1", "nothing to do")

	p.write("local.yaml", "who: there\n")
	p.expect(exitChanges, "upgrade revision 1 -> 2", "because local.yaml:1 value who", "-   who: here", "+   who: there", "upgrade web (change 1)")
	p.up()

	p.write("app/file", "another "+p.namespace)
	p.expect(exitChanges, "would be built", "image value image is now app:dl-", "+   image: app:dl-", "would build 1 image; upgrade web")
	p.up()
	p.expect(exitOK, "nothing to do")

	_, err := p.kube.CoreV1().ConfigMaps(p.namespace).Patch(t.Context(), "config", types.MergePatchType, []byte(`{"data":{"who":"hand"}}`), metav1.PatchOptions{FieldManager: "by-hand"})
	if err != nil {
		t.Fatal(err)
	}
	p.expect(exitChanges, "drift from revision 3", "-   who: hand  # drift: by by-hand", "+   who: there")

	p.write("chart/templates/config.yaml", "")
	p.expect(exitChanges, "- ConfigMap/config  chart/templates/config.yaml renders it no more", "delete 1")

	p.write("chart/templates/config.yaml", "a:\n  b: {{ nosuch }}\n")
	p.expect(exitFailed, "no plan", "chart/templates/config.yaml:2", "nosuch")
}

func TestPlanAsJSON(t *testing.T) {
	p := newProject(t)
	code, out := p.run("plan", "-o", "json")
	if code != exitOK {
		t.Errorf("exit code %d without --exit-code", code)
	}
	var plan struct {
		Changes bool
		Images  []struct{ Name, State, Ref string }
	}
	if err := json.Unmarshal([]byte(out), &plan); err != nil {
		t.Fatal(err)
	}
	if !plan.Changes || len(plan.Images) != 1 || plan.Images[0].State != "build" {
		t.Errorf("plan %+v", plan)
	}
}

func TestBuildAndRender(t *testing.T) {
	p := newProject(t)
	_, out := p.run("build", "app", "-o", "json")
	var built struct{ Images map[string]string }
	if err := json.Unmarshal([]byte(out), &built); err != nil {
		t.Fatal(err)
	}
	ref := built.Images["app"]
	if !strings.HasPrefix(ref, "app:dl-") {
		t.Fatalf("built %q", built.Images)
	}
	// Docker has it now, the cluster does not.
	p.expect(exitChanges, ref+" is built, would be brought to", "would load 1 image")
	code, out := p.run("render", "web")
	want := "---\n# Source: chart/templates/config.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {who: \"here\", image: \"" + ref + "\"}\n"
	if code != exitOK || out != want {
		t.Errorf("render: %d\n%s, want\n%s", code, out, want)
	}
	code, out = p.run("render", "-o", "json")
	var list corev1.ConfigMapList
	if err := json.Unmarshal([]byte(out), &list); code != exitOK || err != nil || list.Kind != "List" || len(list.Items) != 1 || list.Items[0].Data["image"] != ref {
		t.Errorf("render as JSON: %d, %v\n%s", code, err, out)
	}
	p.write("chart/templates/config.yaml", "a:\n  b: {{ nosuch }}\n")
	if code, out := p.run("render"); code != exitFailed || !strings.Contains(out, "templates/config.yaml:2") {
		t.Errorf("render of a broken template: %d\n%s", code, out)
	}
	if code, out := p.run("render", "nosuch"); code != exitUsage || !strings.Contains(out, "there is web") {
		t.Errorf("render of an unknown release: %d\n%s", code, out)
	}
	if code, out := p.run("build", "nosuch"); code != exitUsage || !strings.Contains(out, "there is app") {
		t.Errorf("build of an unknown image: %d\n%s", code, out)
	}
	p.write("app/Dockerfile", "FROM scratch\nCOPY none /\n")
	if code, out := p.run("build"); code != exitFailed || !strings.Contains(out, "Dockerfile:2") {
		t.Errorf("build that fails: %d\n%s", code, out)
	}
}
