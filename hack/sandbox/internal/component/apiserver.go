package component

import (
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// APIServer is kube-apiserver, with node and role-based authorization and
// Kubernetes' default admission plugins.
func APIServer(s Site) Spec {
	plan := s.Settings.Plan()
	return Spec{
		Name: "kube-apiserver",
		Argv: []string{s.Kube, "kube-apiserver",
			"--bind-address=0.0.0.0",
			"--secure-port=" + s.port(netplan.PortAPIServer),
			"--advertise-address=" + plan.Node().String(),
			"--endpoint-reconciler-type=lease",
			"--service-cluster-ip-range=" + plan.Services().String(),
			"--tls-cert-file=" + s.Cert("kube-apiserver"),
			"--tls-private-key-file=" + s.Key("kube-apiserver"),
			"--client-ca-file=" + s.Cert("ca"),
			"--etcd-servers=" + s.local("https", netplan.PortEtcd, ""),
			"--etcd-cafile=" + s.Cert("ca"),
			"--etcd-certfile=" + s.Cert("etcd"),
			"--etcd-keyfile=" + s.Key("etcd"),
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--allow-privileged=true",
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file=" + s.Layout.Path("pki", "service-accounts.pub"),
			"--service-account-signing-key-file=" + s.Layout.Path("pki", "service-accounts.key"),
			"--kubelet-certificate-authority=" + s.Cert("ca"),
			"--kubelet-client-certificate=" + s.Cert("admin"),
			"--kubelet-client-key=" + s.Key("admin"),
			"--kubelet-preferred-address-types=InternalIP",
			"--requestheader-client-ca-file=" + s.Cert("front-proxy-ca"),
			"--requestheader-allowed-names=front-proxy",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--requestheader-group-headers=X-Remote-Group",
			"--requestheader-username-headers=X-Remote-User",
			"--proxy-client-cert-file=" + s.Cert("front-proxy"),
			"--proxy-client-key-file=" + s.Key("front-proxy"),
			"--enable-aggregator-routing=true",
			"--profiling=false",
			"--v=1",
		},
		Healthy: probe.HTTP(s.local("https", netplan.PortAPIServer, "/readyz")),
	}
}
