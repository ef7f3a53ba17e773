package experiment

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/internal/machine"
)

// facts is what the figures depend on. devloop is the version of this binary.
func facts(ctx context.Context, client kubernetes.Interface, devloop string) (Machine, error) {
	server, err := client.Discovery().ServerVersion()
	if err != nil {
		return Machine{}, fmt.Errorf("ask the cluster for its version: %w", err)
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return Machine{}, fmt.Errorf("ask the cluster for its nodes: %w", err)
	}
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Processor: machine.Processor(), Cores: runtime.NumCPU(), Memory: machine.Memory(),
		Kubernetes: server.GitVersion, Nodes: len(nodes.Items), Devloop: devloop, Go: runtime.Version(),
	}, nil
}

// gitOf is the state of a folder; empty where there is no git or no repository.
func gitOf(ctx context.Context, dir string) Git {
	commit, err := exec.CommandContext(ctx, "git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		return Git{}
	}
	g := Git{Commit: strings.TrimSpace(string(commit))}
	changed, err := exec.CommandContext(ctx, "git", "-C", dir, "status", "--porcelain", "--", ".").Output()
	if err != nil {
		return g
	}
	g.Changed = strings.Count(string(changed), "\n")
	return g
}

// String is the machine in words.
func (m Machine) String() string {
	words := []string{m.OS + "/" + m.Arch, fmt.Sprintf("%d cores", m.Cores)}
	if m.Processor != "" {
		words[1] += " of " + m.Processor
	}
	if m.Memory > 0 {
		words = append(words, fmt.Sprintf("%.0f GiB of memory", float64(m.Memory)/(1<<30)))
	}
	return strings.Join(append(words, "Kubernetes "+m.Kubernetes, "devloop "+m.Devloop, m.Go), ", ")
}
