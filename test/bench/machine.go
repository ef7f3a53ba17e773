package main

import (
	"fmt"
	"runtime"

	"github.com/devloop-dev/devloop/internal/machine"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// machine is what the figures depend on.
func (b *bench) machine(helm string) (report.Machine, error) {
	server, err := b.client.Discovery().ServerVersion()
	if err != nil {
		return report.Machine{}, fmt.Errorf("ask the cluster for its version: %w", err)
	}
	return report.Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Memory: machine.Memory(),
		Go: runtime.Version(), Kubernetes: server.GitVersion, Helm: helm,
	}, nil
}
