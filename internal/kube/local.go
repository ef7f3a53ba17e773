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
// sandbox gives, and its API server is at a loopback or private address or a name
// that only this machine knows. A context that merely has such a name but points
// to a public server is not local.
func (c *Context) Local() bool {
	return localNames.MatchString(c.Name) && nearby(c.Server)
}

// nearby: the address cannot be one on the internet.
func nearby(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	// Names the local clusters write into kubeconfig; none of them is in DNS.
	return slices.Contains([]string{"localhost", "kubernetes.docker.internal", "host.docker.internal", "lima-rancher-desktop"}, host)
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
