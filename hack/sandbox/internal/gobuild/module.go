//go:build unix

package gobuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// modulePath is the module whose directory holds the sources.
const modulePath = "github.com/devloop-dev/devloop/hack/sandbox"

// FindModule returns the directory of the sandbox's module: that of the
// current directory's go.mod.
func FindModule(ctx context.Context) (string, error) {
	output, err := goTool(ctx, "", "env", "GOMOD")
	if err != nil {
		return "", fmt.Errorf("looking for the sandbox's sources: %w", err)
	}
	file := strings.TrimSpace(output)
	data, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(data, []byte("module "+modulePath+"\n")) {
		return "", errors.New("the sandbox's sources are not here: run this in the directory hack/sandbox of the repository")
	}
	return filepath.Dir(file), nil
}

// KubernetesVersion reads the version of Kubernetes, like v1.34.4, from the
// go.mod of the all-in-one binary's sources.
func KubernetesVersion(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("looking for the version of Kubernetes: %w", err)
	}
	match := regexp.MustCompile(`(?m)^\s*(?:require\s+)?k8s\.io/kubernetes (v\d+\.\d+\.\d+)`).FindSubmatch(data)
	if match == nil {
		return "", fmt.Errorf("looking for the version of Kubernetes: %s/go.mod does not require k8s.io/kubernetes", dir)
	}
	return string(match[1]), nil
}

// goTool runs the go command in dir and returns its standard output.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(output), nil
}
