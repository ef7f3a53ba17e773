package charttest

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

func TestLint(t *testing.T) {
	result := lint.All(chartDir, nil, "test", true)
	for _, message := range result.Messages {
		if message.Severity >= support.WarningSev {
			t.Errorf("helm lint: %v", message)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	for _, test := range []struct{ name, values, say string }{
		{name: "a misspelt key", values: "app: {replica: 3}", say: "replica"},
		{name: "replicas as text", values: `app: {replicas: "3"}`, say: "replicas"},
		{name: "an unknown kind of routing", values: "routing: {kind: linkerd}", say: "kind"},
		{name: "a weight below 0", values: "routing: {weights: {v1: 110, v2: -10}}", say: "weights"},
		{name: "an unknown variant", values: "model: {variant: deep}", say: "variant"},
		{name: "no tag", values: `app: {image: {tag: ""}}`, say: "tag"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := render(test.values); err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("error %v, want one that names %s", err, test.say)
			}
		})
	}
}

func TestImagesAndReplicas(t *testing.T) {
	objects := mustRender(t, `
app: {replicas: 3, image: {repository: r/app, tag: t1}, v2: {replicas: 0}}
model: {image: {tag: t2}, v2: {image: {tag: t3}}}`)
	for name, want := range map[string]struct {
		image    string
		replicas int32
	}{
		"sms-app-v1":   {"r/app:t1", 3},
		"sms-app-v2":   {"r/app:t1", 0},
		"sms-model-v1": {"sms-checker/model-service:t2", 1},
		"sms-model-v2": {"sms-checker/model-service:t3", 1},
	} {
		var d appsv1.Deployment
		find(t, objects, "Deployment", name).into(t, &d)
		container := d.Spec.Template.Spec.Containers[0]
		if container.Image != want.image || *d.Spec.Replicas != want.replicas || container.ImagePullPolicy != "IfNotPresent" {
			t.Errorf("%s: %s x %d, pull %s; want %+v, IfNotPresent", name, container.Image, *d.Spec.Replicas, container.ImagePullPolicy, want)
		}
	}
	for deployment, want := range map[string]string{"sms-model-v1": "words", "sms-model-v2": "pairs"} {
		if got := env(t, objects, deployment, "MODEL_VARIANT"); got != want {
			t.Errorf("%s runs %s, want %s", deployment, got, want)
		}
	}
}

// TestWhatRestartsPods compares the pod templates before and after an edit.
func TestWhatRestartsPods(t *testing.T) {
	const app, model = "sms-app-v1 sms-app-v2", "sms-model-v1 sms-model-v2"
	before := mustRender(t, "auth: {apiKey: k}", istio)
	for _, test := range []struct{ name, values, restarts string }{
		{name: "nothing", values: "auth: {apiKey: k}"},
		{name: "a setting of the app", values: "auth: {apiKey: k}\napp: {banner: hello}", restarts: app},
		{name: "the key", values: "auth: {apiKey: other}", restarts: app + " " + model},
		{name: "replicas", values: "auth: {apiKey: k}\napp: {replicas: 3, v2: {replicas: 1}}"},
		{name: "weights", values: "auth: {apiKey: k}\nrouting: {weights: {v1: 50, v2: 50}}"},
		{name: "the image of v2 only", values: "auth: {apiKey: k}\nmodel: {v2: {image: {tag: new}}}", restarts: "sms-model-v2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			after := mustRender(t, test.values, istio)
			for _, name := range strings.Fields(app + " " + model) {
				changed := template(t, before, name) != template(t, after, name)
				if want := strings.Contains(" "+test.restarts+" ", " "+name+" "); changed != want {
					t.Errorf("%s restarts: %t, want %t", name, changed, want)
				}
			}
		})
	}
}

func template(t *testing.T, objects []object, deployment string) string {
	t.Helper()
	text, err := yaml.Marshal(find(t, objects, "Deployment", deployment).at("spec", "template"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSecret(t *testing.T) {
	key := func(values string) string {
		text, _ := find(t, mustRender(t, values), "Secret", "sms-model").at("data", "apiKey").(string)
		plain, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(plain)
	}
	if got := key("auth: {apiKey: given}"); got != "given" {
		t.Errorf("the key given became %q", got)
	}
	if a, b := key(""), key(""); len(a) != 32 || a == b {
		t.Errorf("generated keys %d characters long, equal: %t; want 32 random ones", len(a), a == b)
	}
}

// TestProjectFitsChart checks the example's devloop.yaml and local values
// against the chart and the folders they speak of.
func TestProjectFitsChart(t *testing.T) {
	var project struct {
		Images   map[string]struct{ Context string }
		Releases map[string]struct {
			Chart  string
			Values []string
			Images map[string]string
		}
	}
	text, err := os.ReadFile("../devloop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	for name, image := range project.Images {
		if _, err := os.Stat(filepath.Join("..", image.Context, "Dockerfile")); err != nil {
			t.Errorf("image %s: %v", name, err)
		}
	}
	release, ok := project.Releases["sms-checker"]
	if !ok || len(release.Values) == 0 || len(release.Images) != len(project.Images) {
		t.Fatalf("release sms-checker: %+v, want values and every image", release)
	}
	chart, err := loader.Load(filepath.Join("..", release.Chart))
	if err != nil {
		t.Fatal(err)
	}
	for value, image := range release.Images {
		if _, ok := project.Images[image]; !ok {
			t.Errorf("%s is set to the image %q, which there is not", value, image)
		}
		if table, err := chartutil.Values(chart.Values).Table(value); err != nil || table["repository"] == nil || table["tag"] == nil {
			t.Errorf("chart value %s: %v, %v; want a map with repository and tag", value, table, err)
		}
	}
	for _, file := range release.Values {
		values, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		first := mustRender(t, string(values), istio, prometheus)
		second := mustRender(t, string(values), istio, prometheus)
		for i := range first {
			if first[i].doc != second[i].doc {
				t.Errorf("%s: %s %s renders differently each time", file, first[i].kind, first[i].name)
			}
		}
	}
}
