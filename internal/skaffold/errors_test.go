package skaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func convert(t *testing.T, text string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "skaffold.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := Convert(file, dir)
	if err != nil {
		return "", err
	}
	return string(d.YAML()) + strings.Join(d.Left, "\n"), nil
}

func TestWhatIsNoneOfSkaffoldsFiles(t *testing.T) {
	const head = "apiVersion: skaffold/v4beta13\nkind: Config\n"
	tests := map[string]struct{ text, words string }{
		"a Chart.yaml":     {"apiVersion: v2\nname: x\n", `skaffold.yaml:1: apiVersion "v2" is none of skaffold's`},
		"a list":           {"- a\n", "is none of skaffold's"},
		"no YAML":          {head + "build: [\n", "skaffold.yaml:3:"},
		"too old":          {"apiVersion: skaffold/v1beta2\n", "run skaffold fix first"},
		"nothing in it":    {head + "build:\n  artifacts: []\n", "no Helm release and no image"},
		"an alias of none": {head + "build: *x\n", "skaffold.yaml"},
		"required by none": {head + "requires: [{path: gone}]\n", "skaffold.yaml:3: requires: read skaffold's configuration"},
		"all of it lost":   {head + "manifests:\n  rawYaml: [a.yaml]\n", ":4: manifests.rawYaml: devloop deploys Helm charts"},
	}
	for name, tt := range tests {
		if _, err := convert(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.words)
		}
	}
	if _, err := Convert(filepath.Join(t.TempDir(), "skaffold.yaml"), t.TempDir()); err == nil {
		t.Error("a file that is not there is converted")
	}
}

// A key is used or listed, whatever it is and wherever it stands.
func TestNothingIsLostInSilence(t *testing.T) {
	const base = `apiVersion: skaffold/v4beta13
kind: Config
metadata: {name: x, annotations: {UNKNOWN: a}}
UNKNOWN: 1
build:
  UNKNOWN: 2
  local: {UNKNOWN: 3}
  artifacts:
    - image: app
      UNKNOWN: 4
      docker: {UNKNOWN: 5, secrets: [{id: a, src: b, UNKNOWN: 6}]}
      hooks: {UNKNOWN: 7, before: [{command: [a], UNKNOWN: 8}]}
deploy:
  UNKNOWN: 9
  helm:
    UNKNOWN: 10
    releases:
      - {name: a, chartPath: c, UNKNOWN: 11}
portForward:
  - {resourceType: service, resourceName: s, port: 80, UNKNOWN: 12}
requires:
  - {configs: [x], UNKNOWN: 13}
profiles:
  - name: p
    UNKNOWN: 14
    activation: [{kubeContext: a, UNKNOWN: 15}]
    patches: [{op: add, path: /build/artifacts/0/docker, value: {UNKNOWN: 16}, UNKNOWN: 17}]
    deploy: {helm: {UNKNOWN: 18, releases: [{name: a, chartPath: d, UNKNOWN: 19}]}}
  - {name: p, build: {}, UNKNOWN: 20}
`
	got, err := convert(t, base)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "UNKNOWN: "); n < 19 || !strings.Contains(got, "profiles[1]: there is a profile p already") {
		t.Errorf("%d of the keys that nobody knows are listed, want all:\n%s", n, got)
	}
}

func TestSkaffoldsFileElsewhere(t *testing.T) {
	root := t.TempDir()
	deploy := filepath.Join(root, "deploy")
	if err := os.Mkdir(deploy, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(deploy, "skaffold.yaml"), []byte("apiVersion: skaffold/v4beta13\nkind: Config\n"+
		"build: {artifacts: [{image: app, context: ../app}]}\ndeploy: {helm: {releases: [{name: a, chartPath: chart, valuesFiles: [v.yaml]}]}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := Convert(filepath.Join(deploy, "skaffold.yaml"), root)
	if err != nil {
		t.Fatal(err)
	}
	if r := d.Project.Releases["a"]; r.Chart != "deploy/chart" || r.Values[0] != "deploy/v.yaml" || d.Project.Images["app"].Context != "app" {
		t.Errorf("paths are not seen from the devloop.yaml: %+v", d.Project)
	}
}

func FuzzConvert(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/skaffold.yaml")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(string(text))
		}
	}
	f.Add("apiVersion: skaffold/v3\nbuild: &a {artifacts: [*a]}\n")
	f.Add("apiVersion: skaffold/v3\nbuild: {artifacts: {image: x}}\ndeploy: {helm: {releases: [null, 1, [a]]}}\n")
	f.Fuzz(func(t *testing.T, text string) { _, _ = convert(t, text) })
}
