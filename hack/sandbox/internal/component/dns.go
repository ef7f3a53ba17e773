package component

import (
	"fmt"
	"strings"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// DNS is CoreDNS. It runs on the host, not in a pod: so it can ask name
// servers that listen on the host's loopback interface only. Should those ask
// it in turn, it ends with an error at once.
func DNS(s Site) Spec {
	config := s.Layout.Path("etc", "Corefile")
	forward := ""
	if len(s.NameServers) > 0 {
		forward = "\n    forward . " + strings.Join(s.NameServers, " ") + " {\n        max_concurrent 1000\n    }"
	}
	corefile := fmt.Sprintf(`.:%[1]s {
    bind %[2]s
    errors
    loop
    health 127.0.0.1:%[3]s
    ready 127.0.0.1:%[4]s
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig %[5]s sandbox
        pods insecure
        ttl 5
        fallthrough in-addr.arpa ip6.arpa
    }%[6]s
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    loadbalance
}
`, s.port(netplan.PortDNS), s.Settings.Plan().Node(), s.port(netplan.PortDNSHealth), s.port(netplan.PortDNSReady),
		s.Kubeconfig("coredns"), forward)
	return Spec{
		Name:    "coredns",
		Argv:    []string{s.Kube, "coredns", "-conf", config},
		Files:   []File{{config, []byte(corefile)}},
		Healthy: probe.HTTP(s.local("http", netplan.PortDNSReady, "/ready")),
	}
}

// NameServers reads the servers out of a resolv.conf, except those in skip:
// the sandbox's own, which would ask themselves for ever.
func NameServers(resolvConf []byte, skip ...string) []string {
	var servers []string
next:
	for line := range strings.Lines(string(resolvConf)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		for _, own := range skip {
			if fields[1] == own {
				continue next
			}
		}
		servers = append(servers, fields[1])
	}
	return servers
}
