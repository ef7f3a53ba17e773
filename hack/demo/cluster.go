package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/internal/kube"
)

// cluster returns the kubeconfig of the sandbox, started if need be, or nothing
// when the current context is a local cluster that answers.
func cluster(ctx context.Context, root string) (kubeconfig string, err error) {
	name, why := local(ctx)
	if name != "" {
		fmt.Printf("demo: using the current context %s\n", name)
		return "", nil
	}
	fmt.Printf("demo: %s, so this runs on the sandbox, a Kubernetes on this machine (docs/sandbox.md)\n", why)
	cmd := exec.CommandContext(ctx, "go", "run", "./cmd/sandbox", "up", "--kubeconfig", filepath.Join(root, ".sandbox", "kubeconfig"))
	cmd.Dir = filepath.Join(root, "hack", "sandbox")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("start the sandbox: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}

// local names the current context if it is a local cluster that answers, or says
// why it is not used.
func local(ctx context.Context) (name, why string) {
	c, err := kube.Load("", "")
	if err != nil {
		return "", "no cluster is configured"
	}
	if !c.Local() {
		return "", fmt.Sprintf("the current context %s is not a local cluster", c.Name)
	}
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return "", fmt.Sprintf("the current context %s cannot be used (%v)", c.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
		return "", fmt.Sprintf("the cluster of the current context %s does not answer", c.Name)
	}
	return c.Name, ""
}
