package filesync

import "github.com/devloop-dev/devloop/build"

// waysOf are the ways into the containers that a runtime offers, the best first.
func waysOf(r build.Runtime) []way {
	switch {
	case r.Containerd != nil:
		return containerdWays(r.Containerd)
	case r.Docker != nil:
		return []way{&dockerWay{api: r.Docker}}
	case len(r.Nodes) > 0:
		return []way{&nodeWay{runtime: r}}
	}
	return nil
}
