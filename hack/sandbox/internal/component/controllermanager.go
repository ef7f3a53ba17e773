package component

import (
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// ControllerManager is kube-controller-manager with all its usual
// controllers. There is one only, so it needs no election of a leader.
func ControllerManager(s Site) Spec {
	kubeconfig := s.Kubeconfig("kube-controller-manager")
	return Spec{
		Name: "kube-controller-manager",
		Argv: []string{s.Kube, "kube-controller-manager",
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1",
			"--secure-port=" + s.port(netplan.PortControllerManager),
			"--client-ca-file=" + s.Cert("ca"),
			"--requestheader-client-ca-file=" + s.Cert("front-proxy-ca"),
			"--leader-elect=false",
			"--use-service-account-credentials=true",
			"--root-ca-file=" + s.Cert("ca"),
			"--service-account-private-key-file=" + s.Layout.Path("pki", "service-accounts.key"),
			"--cluster-signing-cert-file=" + s.Cert("ca"),
			"--cluster-signing-key-file=" + s.Key("ca"),
			"--allocate-node-cidrs=false",
			"--cluster-cidr=" + s.Settings.Plan().Pods().String(),
			"--flex-volume-plugin-dir=" + s.Layout.Path("kubelet", "flexvolume"),
			"--profiling=false",
			"--v=1",
		},
		Healthy: probe.HTTP(s.local("https", netplan.PortControllerManager, "/healthz")),
	}
}
