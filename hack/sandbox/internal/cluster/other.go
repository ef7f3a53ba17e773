//go:build linux

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
)

// refuseOther fails where another kube-proxy serves this network namespace:
// two of them would overwrite each other's rules. One inside a container, as
// kind and minikube have it, is in a namespace of its own and no trouble.
func refuseOther(l layout.Layout) error {
	own, err := processes(l)
	if err != nil {
		return err
	}
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return fmt.Errorf("looking for another Kubernetes: %w", err)
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return fmt.Errorf("looking for another Kubernetes: %w", err)
	}
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || slices.Contains(own, pid) || !isProxy(string(cmdline)) {
			continue
		}
		if there, err := os.Readlink(filepath.Join(dir, "ns", "net")); err == nil && there == here {
			return fmt.Errorf("another Kubernetes runs on this machine (kube-proxy, process %d) and would fight with the sandbox over the packet rules: end it or use its cluster", pid)
		}
	}
	return nil
}

// isProxy reports whether a command line, as in /proc/PID/cmdline, is of
// kube-proxy, on its own or as a part of an all-in-one binary.
func isProxy(cmdline string) bool {
	argv := strings.Split(cmdline, "\x00")
	return filepath.Base(argv[0]) == "kube-proxy" || len(argv) > 1 && argv[1] == "kube-proxy"
}
