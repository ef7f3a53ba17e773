//go:build sandbox

package deploy

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/action"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// podImage is the image that the tests' pods run.
const podImage = "deploy.test/pod:1"

// sandbox is a Cluster on the real cluster KUBECONFIG names, with a namespace
// of the test's own.
type sandbox struct {
	*Cluster
	kube      kubernetes.Interface
	namespace string
}

var importImage = sync.OnceValue(loadPodImage)

func newSandbox(t testing.TB) *sandbox {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("KUBECONFIG must name the sandbox cluster: %v", err)
	}
	c, err := New(config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := importImage(); err != nil {
		t.Fatal(err)
	}
	ns, err := c.client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "deploy-test-"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.client.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return &sandbox{Cluster: c, kube: c.client, namespace: ns.Name}
}

// release is a chart of these files, named after the test's namespace.
func (s *sandbox) release(t testing.TB, content map[string]string) Release {
	t.Helper()
	all := map[string]string{"chart/Chart.yaml": chartYAML}
	for name, text := range content {
		all["chart/"+name] = text
	}
	return Release{Name: "web", Namespace: s.namespace, Chart: filepath.Join(files(t, all), "chart")}
}

func (s *sandbox) apply(t testing.TB, rel Release) Result {
	t.Helper()
	res, err := s.Apply(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// wait is Wait with a time limit.
func (s *sandbox) wait(t *testing.T, res Result) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last Status
	err := s.Wait(ctx, res, func(st Status) { last = st })
	if err == nil && last.Ready != last.Total {
		t.Errorf("Wait is done, its last status is %+v", last)
	}
	return err
}

// helm is the plain SDK, set up as the helm command does it.
func (s *sandbox) helm(t *testing.T) *action.Configuration {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(false)
	path := os.Getenv("KUBECONFIG")
	flags.KubeConfig, flags.Namespace = &path, &s.namespace
	cfg := new(action.Configuration)
	if err := cfg.Init(flags, s.namespace, "secrets", func(string, ...any) {}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// versions maps each object of the namespace that the release made, and its
// records, to the resource version.
func (s *sandbox) versions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	cms, err := s.kube.CoreV1().ConfigMaps(s.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=Helm"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range cms.Items {
		out["ConfigMap/"+o.Name] = o.ResourceVersion
	}
	secrets, err := s.kube.CoreV1().Secrets(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range secrets.Items {
		out["Secret/"+o.Name] = o.ResourceVersion
	}
	deployments, err := s.kube.AppsV1().Deployments(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range deployments.Items {
		out["Deployment/"+o.Name] = fmt.Sprint(o.Generation)
	}
	return out
}

// rewrite replaces text in a file.
func rewrite(t *testing.T, path, old, new string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, new)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// loadPodImage builds testdata/pod and hands it to the node's containerd.
func loadPodImage() error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	socket := strings.TrimPrefix(nodes.Items[0].Annotations["kubeadm.alpha.kubernetes.io/cri-socket"], "unix://")
	dir, err := os.MkdirTemp("", "deploy-pod-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "pod")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "./testdata/pod")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build testdata/pod: %w\n%s", err, out)
	}
	program, err := os.ReadFile(bin)
	if err != nil {
		return err
	}
	load := exec.Command("ctr", "-a", socket, "-n", "k8s.io", "images", "import", "-")
	load.Stdin = bytes.NewReader(imageArchive(program, podImage))
	if out, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("import the pods' image into %s: %w\n%s", socket, err, out)
	}
	return nil
}

// imageArchive is a docker archive with one layer that holds one program.
func imageArchive(program []byte, ref string) []byte {
	layer := archive(map[string][]byte{"pod": program})
	sum := sha256.Sum256(layer)
	config, _ := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/pod"}, "Cmd": []string{"serve"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	manifest, _ := json.Marshal([]map[string]any{{"Config": "config.json", "RepoTags": []string{ref}, "Layers": []string{"layer.tar"}}})
	return archive(map[string][]byte{"layer.tar": layer, "config.json": config, "manifest.json": manifest})
}

func archive(files map[string][]byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"pod", "layer.tar", "config.json", "manifest.json"} {
		if data, ok := files[name]; ok {
			_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))})
			_, _ = w.Write(data)
		}
	}
	_ = w.Close()
	return b.Bytes()
}
