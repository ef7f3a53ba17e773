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
	"runtime"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// podImage is the image that the tests' pods run.
const podImage = "deploy.test/pod:2"

var importImage = sync.OnceValue(loadPodImage)

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
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
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
		"architecture": runtime.GOARCH, "os": "linux",
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
