//go:build sandbox && linux

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/image"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	corev1 "k8s.io/api/core/v1"
)

const (
	testImage = "devloop.local/sandbox-e2e:1"
	port      = 8080
	// patience is for one condition; the machine may be busy.
	patience = 90 * time.Second
)

// world is a namespace of a test's own in the running sandbox.
type world struct {
	t         *testing.T
	config    *rest.Config
	client    kubernetes.Interface
	namespace string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	path := os.Getenv("SANDBOX_KUBECONFIG")
	if path == "" {
		path = filepath.Join("..", "..", "..", ".sandbox", "kubeconfig")
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatalf("no sandbox to test, run `sandbox up` first: %v", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "sandbox-e2e-"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("making a namespace: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := client.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("removing the namespace: %v", err)
		}
	})
	return &world{t: t, config: config, client: client, namespace: namespace.Name}
}

// eventually asks until the answer is good, and fails the test with the last
// one after a while.
func eventually(t *testing.T, what string, ask func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// loadImage builds the test server and imports its image into the container
// runtime that the node says it has.
func (w *world) loadImage() {
	w.t.Helper()
	binary := filepath.Join(w.t.TempDir(), "server")
	build := exec.CommandContext(w.t.Context(), "go", "build", "-o", binary, "./server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("building the server: %v\n%s", err, output)
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		w.t.Fatal(err)
	}
	var archive bytes.Buffer
	if _, err := (image.Image{Ref: testImage, Entry: "server", Binary: data}).WriteTo(&archive); err != nil {
		w.t.Fatal(err)
	}
	node, err := w.client.CoreV1().Nodes().Get(w.t.Context(), "sandbox", metav1.GetOptions{})
	if err != nil {
		w.t.Fatalf("reading the node: %v", err)
	}
	socket, found := strings.CutPrefix(node.Annotations[kubeapi.CRISocket], "unix://")
	if !found {
		w.t.Fatalf("the node's annotation %s is %q, want a Unix socket", kubeapi.CRISocket, node.Annotations[kubeapi.CRISocket])
	}
	for _, load := range [][]string{
		{"ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", "-"},
		{"docker", "load"},
	} {
		cmd := exec.CommandContext(w.t.Context(), load[0], load[1:]...)
		cmd.Stdin = bytes.NewReader(archive.Bytes())
		if output, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("%s: %v\n%s", strings.Join(load, " "), err, output)
		}
	}
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for _, remove := range [][]string{
			{"ctr", "--address", socket, "--namespace", "k8s.io", "images", "remove", testImage},
			{"docker", "rmi", testImage},
		} {
			if _, err := run(ctx, remove...); err != nil {
				w.t.Errorf("removing the image: %v", err)
			}
		}
	})
}

// run runs a program on the host and returns its output.
func run(ctx context.Context, argv ...string) (string, error) {
	output, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, output)
	}
	return string(output), nil
}
