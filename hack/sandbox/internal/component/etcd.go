package component

import (
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// Etcd is the store of the API server. It writes without waiting for the
// disk: that halves the time of most requests, and what a crash of the whole
// machine may cost is a sandbox that is made anew.
func Etcd(s Site) Spec {
	config := s.Layout.Path("etc", "etcd.json")
	data := s.Layout.Path("etcd")
	peer := s.local("https", netplan.PortEtcdPeer, "")
	transport := map[string]any{
		"cert-file":        s.Cert("etcd"),
		"key-file":         s.Key("etcd"),
		"trusted-ca-file":  s.Cert("ca"),
		"client-cert-auth": true,
	}
	return Spec{
		Name: "etcd",
		Argv: []string{s.Kube, "etcd", config},
		Dirs: []string{data},
		Files: []File{{config, document(map[string]any{
			"name":                           layout.NodeName,
			"data-dir":                       data,
			"listen-client-urls":             s.local("https", netplan.PortEtcd, ""),
			"advertise-client-urls":          s.local("https", netplan.PortEtcd, ""),
			"listen-peer-urls":               peer,
			"initial-advertise-peer-urls":    peer,
			"initial-cluster":                layout.NodeName + "=" + peer,
			"listen-metrics-urls":            s.local("http", netplan.PortEtcdMetrics, ""),
			"client-transport-security":      transport,
			"peer-transport-security":        transport,
			"unsafe-no-fsync":                true,
			"warning-unary-request-duration": int64(500 * time.Millisecond),
			"quota-backend-bytes":            2 << 30,
			"log-level":                      "warn",
			"log-outputs":                    []string{"stderr"},
		})}},
		Healthy: probe.HTTP(s.local("http", netplan.PortEtcdMetrics, "/readyz")),
	}
}
