//go:build e2e || sandbox

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/devloop-dev/devloop/internal/config"
)

// layouts are projects of different shapes, with the files that stand for programs in
// them. One more, others-images, is left out: its pods need images of a registry.
func layouts() map[string][]string {
	return map[string][]string{
		"chart-at-the-top":   {"server/x"},
		"charts-per-service": {"cart/app", "stock/program"},
		"helm-create":        {"src/hello"},
		"lists":              {"worker/w", "proxy/p"},
		"monorepo":           {"services/web/public/server", "services/api/api"},
		"single":             {"greeter"},
		"umbrella":           {"front/page", "back/code"},
	}
}

// TestInitIsEnough brings up what init writes for a project, as it is.
func TestInitIsEnough(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "../filesd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	binary, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for layout, programs := range layouts() {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			p := lay(t, layout)
			for _, name := range programs {
				if err := os.Remove(p.path(name)); err != nil { // it must be a file of the layout
					t.Fatal(err)
				}
				if err := os.WriteFile(p.path(name), binary, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if code, out := p.run("init", "--yes"); code != 0 {
				t.Fatalf("devloop init: exit code %d\n%s", code, out)
			}
			if code, out := p.run("up", "--once"); code != 0 {
				t.Fatalf("devloop up --once: exit code %d\n%s", code, out)
			}
			project, err := config.Load(p.path(config.DefaultFile))
			if err != nil {
				t.Fatal(err)
			}
			p.allReady(project.ImageNames())
		})
	}
}

// lay copies a layout of internal/scaffold, and makes a namespace and a kubeconfig
// with it as the context's.
func lay(t *testing.T, layout string) *project {
	t.Helper()
	p := &project{t: t, dir: filepath.Join(t.TempDir(), layout)}
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join("..", "..", "internal", "scaffold", "testdata", layout))); err != nil {
		t.Fatal(err)
	}
	ns, err := api(t).CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-init-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.namespace = ns.Name
	t.Cleanup(func() { removeNamespace(t, p.namespace) })
	kubeconfig, err := clientcmd.NewDefaultClientConfigLoadingRules().Load()
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig.Contexts[kubeconfig.CurrentContext].Namespace = p.namespace
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*kubeconfig, file); err != nil {
		t.Fatal(err)
	}
	p.env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "KUBECONFIG="+file)
	return p
}

// allReady asks the cluster whether the namespace's pods are ready, and whether each
// of the images is in one.
func (p *project) allReady(images []string) {
	p.t.Helper()
	list, err := api(p.t).CoreV1().Pods(p.namespace).List(p.t.Context(), metav1.ListOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	var running []string
	for _, pod := range list.Items {
		if !slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		}) {
			p.t.Errorf("pod %s is not ready: %s", pod.Name, pod.Status.Phase)
		}
		for _, c := range pod.Spec.Containers {
			running = append(running, c.Image)
		}
	}
	for _, name := range images {
		if !slices.ContainsFunc(running, func(image string) bool { return strings.HasPrefix(image, name+":dl-") }) {
			p.t.Errorf("no pod runs image %s: there are %v", name, running)
		}
	}
	if len(images) == 0 {
		p.t.Error("init found no image")
	}
}
