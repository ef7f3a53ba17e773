//go:build e2e || sandbox

package e2e

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/filetest"
)

// synced is a project of one image FROM scratch with a server of files, and
// nothing else in it: no shell, no tar.
func synced(t *testing.T, extra ...string) *project {
	t.Helper()
	p := &project{t: t, env: append(os.Environ(), "GORACE=atexit_sleep_ms=0")}
	p.namespace = fmt.Sprintf("e2e-sync-%x", time.Now().UnixNano()&0xffffffff)
	t.Cleanup(func() { removeNamespace(t, p.namespace) })
	p.dir = filetest.Lay(t, map[string]string{
		"devloop.yaml": `apiVersion: devloop/v1
project: ` + p.namespace + `
images:
  ` + p.namespace + `:
    context: image
    sync:
    - {from: "web/**", to: /srv/web}
    - {from: conf, to: /srv/conf, restart: HUP}
    - {from: hooked/in, to: /srv/web, exec: [/filesd, /srv/web/in, /srv/web/out]}
releases:
  web:
    chart: chart
    namespace: ` + p.namespace + `
    createNamespace: true
    images: {image: ` + p.namespace + `}
` + strings.Join(extra, ""),
		"image/Dockerfile":     "FROM scratch\nCOPY filesd /filesd\nCOPY --chown=1234 web /srv/web\nCOPY conf /srv/conf\nCOPY hooked /srv/hooked\nENTRYPOINT [\"/filesd\"]\n",
		"image/web/index.html": "one",
		"image/web/old/gone":   "gone",
		"image/conf/app.conf":  "conf one",
		"image/hooked/in":      "in one",
		"chart/Chart.yaml":     "apiVersion: v2\nname: web\nversion: 0.1.0\n",
		"chart/values.yaml":    "image: \"\"\nreplicas: 1\nreadOnly: false\n",
		"chart/templates/a.yaml": `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: {{ .Values.image | quote }}
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
        securityContext: {readOnlyRootFilesystem: {{ .Values.readOnly }}}
`,
	})
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(p.dir, "image", "filesd"), "github.com/devloop-dev/devloop/test/filesd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build filesd: %v: %s", err, out)
	}
	return p
}

// write makes or replaces a file, with its folders.
func (p *project) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// inPods expects every pod to have a file of the web folder just so: mode, owner
// and content, or none.
func (p *project) inPods(name, want string) {
	p.t.Helper()
	for _, pod := range p.running() {
		eventually(p.t, fmt.Sprintf("%q in pod %s", name, pod), func() error {
			if got := p.ask(pod, "/file/"+hex.EncodeToString([]byte(name))); got != want {
				return fmt.Errorf("it is %q, want %q", got, want)
			}
			return nil
		})
	}
}

// now is inPods without any patience: what devloop called live is there.
func (p *project) now(name, want string) {
	p.t.Helper()
	for _, pod := range p.running() {
		if got := p.ask(pod, "/file/"+hex.EncodeToString([]byte(name))); got != want {
			p.t.Errorf("%q in pod %s is %q, want %q", name, pod, got, want)
		}
	}
}

// ask is the answer of a pod's server, or the error's text.
func (p *project) ask(pod, path string) string {
	body, err := api(p.t).CoreV1().Pods(p.namespace).ProxyGet("http", pod, "8080", path, nil).DoRaw(p.t.Context())
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func (p *project) running() (names []string) {
	p.t.Helper()
	eventually(p.t, "a pod that stays", func() error {
		list, err := api(p.t).CoreV1().Pods(p.namespace).List(p.t.Context(), metav1.ListOptions{LabelSelector: "app=web"})
		if err != nil {
			return err
		}
		names = nil
		for _, pod := range list.Items {
			if pod.DeletionTimestamp == nil {
				names = append(names, pod.Name)
			}
		}
		if len(names) == 0 {
			return errors.New("there is none")
		}
		return nil
	})
	return names
}

// tags counts the images that were built of the project.
func (p *project) tags() int {
	p.t.Helper()
	docker, err := build.Connect(p.t.Context(), build.ConnectOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	defer docker.Close()
	list, err := docker.ImageList(p.t.Context(), image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", p.namespace))})
	if err != nil {
		p.t.Fatal(err)
	}
	return len(list)
}

// count is how many synced files devloop says there are.
func (p *project) count() int {
	p.t.Helper()
	code, out := p.run("wait", "-o", "json")
	var status struct{ Synced map[string]int }
	if err := json.Unmarshal([]byte(out), &status); err != nil || code != 0 {
		p.t.Fatalf("devloop wait: %d, %v: %s", code, err, out)
	}
	return status.Synced[p.namespace]
}
