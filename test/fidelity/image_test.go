//go:build sandbox

package fidelity

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// jobImage is what the corpus' pods run; no registry has it.
const jobImage = "fidelity.test/job:1"

// importImage builds testdata/job and hands it to the node's containerd.
func importImage(node corev1.Node) error {
	socket := strings.TrimPrefix(node.Annotations["kubeadm.alpha.kubernetes.io/cri-socket"], "unix://")
	if socket == "" {
		return fmt.Errorf("node %s does not say where its containerd listens: is this the sandbox?", node.Name)
	}
	dir, err := os.MkdirTemp("", "fidelity-job-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "job")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, "./testdata/job")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build testdata/job: %w\n%s", err, out)
	}
	program, err := os.ReadFile(bin)
	if err != nil {
		return err
	}
	image, err := imageArchive(program)
	if err != nil {
		return err
	}
	load := exec.Command("ctr", "-a", socket, "-n", "k8s.io", "images", "import", "-")
	load.Stdin = bytes.NewReader(image)
	if out, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("import %s into %s: %w\n%s", jobImage, socket, err, out)
	}
	return nil
}

// file is one entry of a tar archive.
type file struct {
	name string
	data []byte
}

// imageArchive is what `docker save` would give for an image FROM scratch.
func imageArchive(program []byte) ([]byte, error) {
	layer, err := tarOf(file{"job", program})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(layer)
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/job"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{jobImage}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return nil, err
	}
	return tarOf(file{"layer.tar", layer}, file{"config.json", config}, file{"manifest.json", manifest})
}

func tarOf(files ...file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}
