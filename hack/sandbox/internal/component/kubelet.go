package component

import (
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// Kubelet runs the pods of the only node. Its limits are those of somebody's
// own machine: nothing is kept aside for the system, pods are evicted only
// when the machine is nearly full, and images are never removed, because no
// registry could bring them back.
func Kubelet(s Site) Spec {
	config := s.Layout.Path("etc", "kubelet.json")
	node := s.Settings.Plan().Node().String()
	runtime := "unix://" + s.Layout.ContainerdSocket()
	return Spec{
		Name: "kubelet",
		Argv: []string{s.Kube, "kubelet",
			"--config=" + config,
			"--kubeconfig=" + s.Kubeconfig("kubelet"),
			"--root-dir=" + s.Layout.Path("kubelet"),
			"--cert-dir=" + s.Layout.Path("kubelet", "pki"),
			"--hostname-override=" + layout.NodeName,
			"--node-ip=" + node,
			"--v=1",
		},
		Dirs: []string{s.Layout.Path("kubelet"), s.Layout.Path("pod-logs")},
		Files: []File{{config, document(map[string]any{
			"apiVersion":               "kubelet.config.k8s.io/v1beta1",
			"kind":                     "KubeletConfiguration",
			"address":                  node,
			"port":                     s.Settings.Port(netplan.PortKubelet),
			"readOnlyPort":             0,
			"healthzBindAddress":       "127.0.0.1",
			"healthzPort":              s.Settings.Port(netplan.PortKubeletHealth),
			"containerRuntimeEndpoint": runtime,
			"podLogsDir":               s.Layout.Path("pod-logs"),
			"volumePluginDir":          s.Layout.Path("kubelet", "flexvolume"),
			"tlsCertFile":              s.Cert("kubelet"),
			"tlsPrivateKeyFile":        s.Key("kubelet"),
			"authentication": map[string]any{
				"anonymous": map[string]any{"enabled": false},
				"webhook":   map[string]any{"enabled": true},
				"x509":      map[string]any{"clientCAFile": s.Cert("ca")},
			},
			"authorization": map[string]any{"mode": "Webhook"},
			"clusterDomain": "cluster.local",
			"clusterDNS":    []string{s.Settings.Plan().DNS().String()},
			"resolvConf":    "/etc/resolv.conf",
			// One group holds the pods and the daemons, so that ending a
			// sandbox is ending that group.
			"cgroupDriver":                "cgroupfs",
			"cgroupRoot":                  "/" + s.Layout.Instance,
			"enforceNodeAllocatable":      []string{},
			"failSwapOn":                  false,
			"makeIPTablesUtilChains":      false,
			"oomScoreAdj":                 0,
			"maxPods":                     250,
			"serializeImagePulls":         false,
			"imageGCHighThresholdPercent": 100,
			"imageGCLowThresholdPercent":  99,
			"evictionHard": map[string]string{
				"memory.available":  "100Mi",
				"nodefs.available":  "1%",
				"imagefs.available": "1%",
			},
			"shutdownGracePeriod":             "0s",
			"shutdownGracePeriodCriticalPods": "0s",
		})}},
		Healthy: probe.HTTP(s.local("http", netplan.PortKubeletHealth, "/healthz")),
	}
}
