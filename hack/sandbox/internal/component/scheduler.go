package component

import (
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// Scheduler is kube-scheduler.
func Scheduler(s Site) Spec {
	kubeconfig := s.Kubeconfig("kube-scheduler")
	return Spec{
		Name: "kube-scheduler",
		Argv: []string{s.Kube, "kube-scheduler",
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1",
			"--secure-port=" + s.port(netplan.PortScheduler),
			"--leader-elect=false",
			"--profiling=false",
			"--v=1",
		},
		Healthy: probe.HTTP(s.local("https", netplan.PortScheduler, "/healthz")),
	}
}
