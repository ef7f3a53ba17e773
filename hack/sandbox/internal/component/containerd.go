package component

import (
	"fmt"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// Containerd is a container runtime of the sandbox's own, beside any other
// one of the machine: its socket, its images and its state are all in the
// state directory.
func Containerd(s Site) Spec {
	config := s.Layout.Path("etc", "containerd.toml")
	network := s.Layout.Path("etc", "cni", "10-sandbox.conflist")
	socket := s.Layout.ContainerdSocket()
	return Spec{
		Name: "containerd",
		Argv: []string{s.Containerd, "--config", config},
		Dirs: []string{s.Layout.Path("run", "containerd"), s.Layout.Path("containerd")},
		Files: []File{
			{config, []byte(fmt.Sprintf(`version = 2
root = %[1]q
state = %[2]q
disabled_plugins = [
  "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = %[3]q

[plugins."io.containerd.internal.v1.opt"]
path = %[4]q

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = %[5]q
# Without CAP_SYS_RESOURCE, as in many virtual machines and containers, nobody
# may lower a score, and no pod would start.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = %[6]q
conf_dir = %[7]q

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
Root = %[8]q
`, s.Layout.Path("containerd"), s.Layout.Path("run", "containerd"), socket, s.Layout.Path("containerd", "opt"),
				s.PauseImage, s.CNIPlugins, s.Layout.Path("etc", "cni"), s.Layout.Path("run", "runc")))},
			{network, podNetwork(s)},
		},
		Sockets:    []string{socket, socket + ".ttrpc"},
		Registries: true,
		Healthy:    probe.Unix(socket),
	}
}

// podNetwork connects each pod by a link of its own and a route, not by a
// bridge: then every packet is routed, and answers of a pod to another one
// behind a cluster IP are translated back on kernels without br_netfilter
// too.
func podNetwork(s Site) []byte {
	return document(map[string]any{
		"cniVersion": "0.4.0",
		"name":       s.Layout.Instance,
		"plugins": []any{
			map[string]any{
				"type":   "ptp",
				"ipMasq": false,
				"ipam": map[string]any{
					"type":    "host-local",
					"dataDir": s.Layout.Path("ipam"),
					"ranges":  []any{[]any{map[string]any{"subnet": s.Settings.Plan().Pods().String()}}},
					"routes":  []any{map[string]any{"dst": "0.0.0.0/0"}},
				},
			},
			map[string]any{"type": "portmap", "capabilities": map[string]any{"portMappings": true}},
		},
	})
}
