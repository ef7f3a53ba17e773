package component

import (
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// DockerSocket is where every docker client looks for the engine.
const DockerSocket = "/var/run/docker.sock"

// DockerAnswers asks whatever engine serves the default socket.
func DockerAnswers() probe.Func { return probe.UnixHTTP(DockerSocket, "/_ping") }

// Docker is a docker engine with BuildKit. It leaves the packet rules of the
// machine alone: dockerd would drop all forwarded packets, those of pods
// among them. Its containers reach the outside through the sandbox's own
// rules, and published ports work through docker's userland proxy. It shares
// the containerd of the pods, in a namespace of its own: one that dockerd
// starts itself dies with it and leaves a process number that the next dockerd
// takes for a living one.
func Docker(s Site) Spec {
	config := s.Layout.Path("etc", "docker.json")
	run := s.Layout.Path("run", "docker")
	plan := s.Settings.Plan()
	return Spec{
		Name: "dockerd",
		Argv: []string{s.Dockerd, "--config-file", config},
		Dirs: []string{run, s.Layout.Path("docker")},
		Files: []File{{config, document(map[string]any{
			"hosts":               []string{"unix://" + DockerSocket},
			"data-root":           s.Layout.Path("docker"),
			"exec-root":           run,
			"containerd":          s.Layout.ContainerdSocket(),
			"pidfile":             s.Layout.Path("run", "docker.pid"),
			"deprecated-key-path": s.Layout.Path("docker", "key.json"),
			"bridge":              s.Layout.DockerLink(),
			"iptables":            false,
			"ip6tables":           false,
			"ip-masq":             false,
			"default-address-pools": []any{
				map[string]any{"base": plan.DockerPool().String(), "size": 26},
			},
			"cgroup-parent":    "/" + s.Layout.Instance + "/docker",
			"exec-opts":        []string{"native.cgroupdriver=cgroupfs"},
			"oom-score-adjust": 0,
			"features":         map[string]any{"buildkit": true},
		})}},
		Sockets:    []string{s.Layout.Path("run", "docker.pid")},
		Registries: true,
		Healthy:    DockerAnswers(),
	}
}

// DockerListens asks whether any process serves the default socket.
func DockerListens() probe.Func { return probe.Unix(DockerSocket) }
