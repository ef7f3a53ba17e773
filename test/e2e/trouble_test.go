//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (p *project) service(name string) *corev1.Service {
	p.t.Helper()
	svc, err := api(p.t).CoreV1().Services(p.namespace).Get(p.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return svc
}

// replaceLine gives the first line that begins with prefix another text.
func replaceLine(text, prefix, line string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, prefix) {
			lines[i] = line
			break
		}
	}
	return strings.Join(lines, "\n")
}

// TestBrokenFiles breaks each kind of file in turn: the cluster keeps what works,
// the words name the place, the loop goes on, and mending the file is enough.
func TestBrokenFiles(t *testing.T) {
	p := open(t, "hello")
	p.start()
	p.live()
	tests := []struct {
		name, file string
		edit       func(string) string
		words      []string
	}{
		{"devloop.yaml is no YAML", "devloop.yaml", func(s string) string { return s + "images: [\n" }, []string{"devloop.yaml:"}},
		{"unknown key", "devloop.yaml", func(s string) string { return strings.Replace(s, "chart: chart", "cahrt: chart", 1) }, []string{`unknown key "cahrt"`, `did you mean "chart"`}},
		{"values are no YAML", "chart/values.yaml", func(s string) string { return s + "a: {\n" }, []string{"values.yaml:"}},
		{"template does not render", "chart/templates/deployment.yaml", func(s string) string { return s + "\n{{ .Values.image | nosuch }}\n" }, []string{"deployment.yaml:", "nosuch"}},
		{"template gives no YAML", "chart/templates/service.yaml", func(s string) string { return s + "\n  - x: [\n" }, []string{"service.yaml"}},
		{"Go does not compile", "server/main.go", func(s string) string { return s + "\nfunc {\n" }, []string{"main.go:"}},
		{"Dockerfile does not build", "server/Dockerfile", func(s string) string { return s + "\nCOPY no-such-file /\n" }, []string{"Dockerfile:", "no-such-file"}},
		{"Dockerfile is nonsense", "server/Dockerfile", func(s string) string { return s + "\nFETCH everything\n" }, []string{"Dockerfile:", "FETCH"}},
		{"an object the API server refuses", "chart/templates/service.yaml", func(s string) string { return strings.Replace(s, "port: 8080", "port: 808080", 1) }, []string{"Service", "808080"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.t = t
			good, err := os.ReadFile(p.path(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			p.edit(tt.file, tt.edit)
			p.failed(tt.words...)
			p.answers("hello", "/", "Hello, world!")
			p.edit(tt.file, func(string) string { return string(good) })
			p.live()
			p.answers("hello", "/", "Hello, world!")
		})
	}
}

// TestACrashIsToldInThePodsOwnWords breaks the program itself.
func TestACrashIsToldInThePodsOwnWords(t *testing.T) {
	p := open(t, "hello")
	p.start()
	p.live()
	p.replace("server/main.go", "func main() {\n", "func main() {\n\tprintln(\"the tape is torn\")\n\tos.Exit(3)\n")
	p.failed("pod hello-", "the tape is torn", "exit", "deployment.yaml")
	p.replace("server/main.go", "\tos.Exit(3)\n", "")
	p.live()
	p.answers("hello", "/", "Hello, world!")
}

// TestNothingToWorkWith starts without a cluster and without docker.
func TestNothingToWorkWith(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, nowhere, `apiVersion: v1
kind: Config
current-context: minikube
clusters: [{name: minikube, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: minikube, context: {cluster: minikube}}]
`)
	remote := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, remote, `apiVersion: v1
kind: Config
current-context: production
clusters: [{name: production, cluster: {server: "https://192.0.2.1"}}]
contexts: [{name: production, context: {cluster: production}}]
`)
	for name, tt := range map[string]struct {
		env   string
		words []string
	}{
		"no kubeconfig":      {"KUBECONFIG=" + filepath.Join(t.TempDir(), "none"), []string{"no Kubernetes cluster is configured", "minikube start"}},
		"dead cluster":       {"KUBECONFIG=" + nowhere, []string{"minikube", "does not answer", "127.0.0.1:1"}},
		"not a local one":    {"KUBECONFIG=" + remote, []string{"production", "--allow-context"}},
		"no docker":          {"DOCKER_HOST=unix://" + filepath.Join(t.TempDir(), "none.sock"), []string{"docker does not answer", "none.sock", "start the docker daemon"}},
		"docker is not HTTP": {"DOCKER_HOST=nonsense", []string{"nonsense"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, "hello")
			p.env = append(p.env, tt.env)
			p.start()
			p.failed(tt.words...)
			if code, out := p.run("up", "--once"); code != 1 {
				t.Errorf("up --once: exit code %d, want 1\n%s", code, out)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTheEnds covers how a loop ends: by Ctrl-C, by kill -9, by one pass.
func TestTheEnds(t *testing.T) {
	p := open(t, "hello")
	if code, out := p.run("wait"); code != 1 || !strings.Contains(out, "no devloop up is running") {
		t.Errorf("wait without a loop: exit code %d\n%s", code, out)
	}
	if code, out := p.run("up", "--once"); code != 0 {
		t.Fatalf("up --once: exit code %d\n%s", code, out)
	}
	p.answers("hello", "/", "Hello, world!")
	before := p.versions()
	if code, out := p.run("up", "--once"); code != 0 {
		t.Fatalf("up --once again: exit code %d\n%s", code, out)
	}
	if after := p.versions(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a second pass wrote objects: %v, were %v", after, before)
	}

	p.start()
	p.live()
	if code, out := p.run("up"); code != 1 || !strings.Contains(out, "another devloop is running") {
		t.Errorf("a second loop on the project: exit code %d\n%s", code, out)
	}
	if code, out := p.run("down"); code != 1 || !strings.Contains(out, "another devloop is running") {
		t.Errorf("down beside a loop: exit code %d\n%s", code, out)
	}
	code, took := p.stop(syscall.SIGINT)
	if code != 130 || took > 5*time.Second {
		t.Errorf("Ctrl-C: exit code %d after %s, want 130 at once", code, took)
	}
	p.answers("hello", "/", "Hello, world!") // what runs, stays

	// Killed in the middle of its work, at several moments.
	for i, pause := range []time.Duration{0, 300 * time.Millisecond, 600 * time.Millisecond, 900 * time.Millisecond, 1200 * time.Millisecond} {
		p.start()
		p.live()
		p.edit("chart/values.yaml", func(s string) string { return replaceLine(s, "name: ", fmt.Sprintf("name: killed-%d", i)) })
		time.Sleep(pause) // not to wait for something: the moment of the kill is the test's input
		p.stop(syscall.SIGKILL)
		if code, out := p.run("up", "--once"); code != 0 {
			t.Fatalf("up --once after a kill: exit code %d\n%s", code, out)
		}
		p.answers("hello", "/", fmt.Sprintf("killed-%d!", i))
	}

	if code, out := p.run("down"); code != 0 {
		t.Fatalf("down: exit code %d\n%s", code, out)
	}
	eventually(t, "namespace removed", func() error {
		list, err := api(t).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + p.namespace})
		if err == nil && len(list.Items) > 0 && list.Items[0].DeletionTimestamp == nil {
			err = fmt.Errorf("%s is still there", p.namespace)
		}
		return err
	})
	if code, out := p.run("down"); code != 0 {
		t.Errorf("down again: exit code %d\n%s", code, out)
	}
}

// TestLogsAndForward looks at what a person sees: lines of the pods, and the
// service on a local port.
func TestLogsAndForward(t *testing.T) {
	p := open(t, "hello")
	p.edit("devloop.yaml", func(s string) string {
		return s + "forward: [{release: hello, service: hello, port: 8080, local: 18080}]\n"
	})
	p.start()
	p.live()
	fetch(t, "http://127.0.0.1:18080/before", "Hello, world!")
	p.replace("server/main.go", `greeting = "Hello"`, `greeting = "Welcome"`)
	p.live()
	fetch(t, "http://127.0.0.1:18080/after", "Welcome, world!")
	for _, path := range []string{"/before", "/after"} {
		line := regexp.MustCompile(`(?m)^(\d\d:\d\d:\d\d )?hello\S* .*path=` + path + `$`) // with the time in CI
		eventually(t, "log line of the request "+path, func() error {
			if !line.MatchString(p.out.String()) {
				return fmt.Errorf("not there yet")
			}
			return nil
		})
	}
}
