package kube

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
)

// localNames are the contexts that the usual local clusters write.
var localNames = regexp.MustCompile(`^(minikube|kind-.+|k3d-.+|docker-desktop|docker-for-desktop|colima(-.+)?|rancher-desktop|orbstack|microk8s|sandbox)$`)

// Local says whether a context is a local cluster: its name is one that minikube,
// kind, k3d, Docker Desktop, colima, Rancher Desktop, OrbStack, MicroK8s or the
// sandbox gives, and its API server is on this machine: at a loopback address, at
// one of a network that this machine is directly on, as the bridges of virtual
// machines and containers are, or under a name that only this machine knows. The
// sandbox is always at a loopback address. A context that merely has such a name
// but points elsewhere is not local.
func (c *Context) Local() bool {
	return localNames.MatchString(c.Name) && nearby(c.Name, c.Server)
}

// nearby: the address is one of this machine, or of a network it is directly on.
func nearby(name, server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	if ip == nil {
		// Names the local clusters write into kubeconfig; none of them is in DNS.
		return slices.Contains([]string{"localhost", "kubernetes.docker.internal", "host.docker.internal", "lima-rancher-desktop"}, host)
	}
	if ip.IsLoopback() || name == "sandbox" || !ip.IsPrivate() {
		return ip.IsLoopback()
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.Contains(ip)
	})
}

// Refused: devloop does not write to this context, because it is not local and
// was not allowed.
type Refused struct{ Context, Server string }

// Error names the context and how to allow it.
func (e *Refused) Error() string {
	return fmt.Sprintf("context %s (%s) is not a local cluster: add it to allowContexts: in devloop.yaml, or use --allow-context %s, if devloop may write to it",
		e.Context, e.Server, e.Context)
}

// Check returns *Refused unless the context is local or its name is among the
// allowed ones.
func (c *Context) Check(allowed ...string) error {
	if c.Local() || slices.Contains(allowed, c.Name) {
		return nil
	}
	return &Refused{c.Name, c.Server}
}
