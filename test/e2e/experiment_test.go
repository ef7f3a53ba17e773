//go:build e2e || sandbox

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/experiment"
)

const smallExperiment = `apiVersion: devloop/experiment/v1
name: small
arms:
  - name: up
    edits: [{file: devloop.yaml, find: "namespace: here", replace: "namespace: ${namespace}"}]
    stays: [devloop, up, --events, "${events}"]
    settled: [devloop, wait]
    stages: events
  - name: once
    edits: [{file: devloop.yaml, find: "namespace: here", replace: "namespace: ${namespace}"}]
    run: [devloop, up, --once]
base:
  - object: {apiVersion: v1, kind: ConfigMap, name: c, where: {.data.who: world}}
scenarios:
  - name: value
    steps:
      - edit: [{file: chart/values.yaml, find: "who: world", replace: "who: ${unique}"}]
        verified: {object: {apiVersion: v1, kind: ConfigMap, name: c, where: {.data.who: "${unique}"}}}
  - name: error
    steps:
      - edit: [{file: chart/templates/c.yaml, find: "quote", replace: "qoute"}]
        verified: {output: {text: "c.yaml:4"}}
  - name: never
    timeout: 4s
    steps:
      - edit: [{file: chart/values.yaml, find: "who: world", replace: "who: you"}]
        verified: {object: {apiVersion: v1, kind: ConfigMap, name: c, where: {.data.who: somebody}}}
`

func TestAnExperiment(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"devloop.yaml":           "apiVersion: devloop/v1\nproject: small\nreleases: {small: {chart: chart, namespace: here}}\n",
		"chart/Chart.yaml":       "apiVersion: v2\nname: small\nversion: 0.1.0\n",
		"chart/values.yaml":      "who: world\n",
		"chart/templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {who: {{ .Values.who | quote }}}\n",
		"experiment.yaml":        smallExperiment,
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), text)
	}
	out := filepath.Join(t.TempDir(), "out")
	cmd := exec.Command(binary, "experiment", "run", filepath.Join(dir, "experiment.yaml"), "-n", "2", "--seed", "11", "--out", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	run, err := experiment.ReadRun(filepath.Join(out, experiment.RawFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Trials) != 3*3*2 || run.End == nil || run.End.Error != "" || len(run.Prepared) != 2 {
		t.Errorf("%d trials, prepared %v, end %+v", len(run.Trials), run.Prepared, run.End)
	}
	for _, trial := range run.Trials {
		want := experiment.Seen
		if trial.Scenario == "never" {
			want = experiment.Timeout
		}
		if trial.Outcome != want || trial.Seconds <= 0 || want == experiment.Timeout && trial.Seconds < 4 {
			t.Errorf("%+v", trial)
		}
		if trial.Arm == "up" && trial.Scenario == "value" && len(trial.Stages) == 0 {
			t.Errorf("devloop's stages are missing: %+v", trial)
		}
	}
	if run.Header.Machine.Kubernetes == "" || run.Header.Seed != 11 {
		t.Errorf("header %+v", run.Header)
	}
	for name, text := range files {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != text {
			t.Errorf("the user's %s is %q, %v", name, data, err)
		}
	}
	spaces, err := api(t).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(out, "logs", "up.log"))
	if err != nil || len(log) == 0 {
		t.Errorf("the arm's output is not kept: %v", err)
	}
	for _, ns := range spaces.Items {
		if ns.DeletionTimestamp == nil && strings.HasPrefix(ns.Name, "experiment-") && bytes.Contains(log, []byte(ns.Name)) {
			t.Errorf("namespace %s stays", ns.Name)
		}
	}
	// A report made again is the same.
	first, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := exec.Command(binary, "experiment", "report", out).Output()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the report made again: %v\n%s\nthe first:\n%s", err, again, first)
	}
}

// TestAnExperimentLooksIntoContainers: a file is there when a command in the container
// prints it, by exec through the API server.
func TestAnExperimentLooksIntoContainers(t *testing.T) {
	p := synced(t)
	p.write("experiment.yaml", `apiVersion: devloop/experiment/v1
name: file
arms:
  - name: up
    edits: [{file: devloop.yaml, find: "namespace: `+p.namespace+`", replace: "namespace: ${namespace}"}]
    stays: [devloop, up]
    settled: [devloop, wait]
base:
  - file: {labels: app=web, path: /srv/web/index.html, read: [/filesd, /srv/web/index.html, /dev/stdout], text: one}
scenarios:
  - name: page
    steps:
      - edit: [{file: image/web/index.html, text: "${unique}"}]
        verified: {file: {labels: app=web, path: /srv/web/index.html, read: [/filesd, /srv/web/index.html, /dev/stdout], text: "${unique}"}}
  - name: other
    timeout: 3s
    steps:
      - edit: [{file: image/web/index.html, text: "${unique}"}]
        verified: {file: {labels: app=web, path: /srv/web/index.html, read: [/filesd, /srv/web/index.html, /dev/stdout], text: "never ${unique}"}}
`)
	out := filepath.Join(t.TempDir(), "out")
	if text, err := exec.Command(binary, "experiment", "run", p.path("experiment.yaml"), "-n", "1", "--out", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	run, err := experiment.ReadRun(filepath.Join(out, experiment.RawFile))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]experiment.Outcome{"page": experiment.Seen, "other": experiment.Timeout}
	if len(run.Trials) != 4 {
		t.Errorf("%d trials, want 4", len(run.Trials))
	}
	for _, trial := range run.Trials {
		if trial.Outcome != want[trial.Scenario] {
			t.Errorf("%+v", trial)
		}
	}
}
