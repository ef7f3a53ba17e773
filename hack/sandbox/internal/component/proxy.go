package component

import (
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// Proxy is kube-proxy in nftables mode. It leaves the kernel's connection
// tracking limits as they are. In its first round it takes for granted what an
// earlier kube-proxy wrote for an endpoint; if that one was ended just after
// the endpoint had gone, the rules are empty and stay so. Hence it always
// starts without any.
func Proxy(s Site) Spec {
	config := s.Layout.Path("etc", "kube-proxy.json")
	return Spec{
		Name: "kube-proxy",
		Argv: []string{s.Kube, "kube-proxy", "--config=" + config, "--v=1"},
		Files: []File{{config, document(map[string]any{
			"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
			"kind":               "KubeProxyConfiguration",
			"mode":               "nftables",
			"hostnameOverride":   layout.NodeName,
			"clusterCIDR":        s.Settings.Plan().Pods().String(),
			"bindAddress":        s.Settings.Plan().Node().String(),
			"healthzBindAddress": "127.0.0.1:" + s.port(netplan.PortProxyHealth),
			"metricsBindAddress": "127.0.0.1:" + s.port(netplan.PortProxyMetrics),
			"oomScoreAdj":        0,
			"clientConnection":   map[string]any{"kubeconfig": s.Kubeconfig("kube-proxy")},
			"conntrack": map[string]any{
				"maxPerCore":            0,
				"min":                   0,
				"tcpEstablishedTimeout": "0s",
				"tcpCloseWaitTimeout":   "0s",
			},
			// The default of one second would be the greatest part of the
			// time a new endpoint takes to be reachable.
			"nftables": map[string]any{"minSyncPeriod": "50ms", "syncPeriod": "30s"},
		})}},
		Tables:  []string{"ip kube-proxy", "ip6 kube-proxy"},
		Healthy: probe.HTTP(s.local("http", netplan.PortProxyHealth, "/healthz")),
	}
}
