package netplan

import (
	"fmt"
	"net/netip"
)

// Plan divides one /16 network: the first quarter is for pods, the third
// for services, the last for docker's containers; the node has an address in
// the second.
type Plan struct {
	base netip.Prefix
}

// NewPlan returns the division of base, which must be an IPv4 /16.
func NewPlan(base netip.Prefix) (Plan, error) {
	if !base.Addr().Is4() || base.Bits() != 16 || base != base.Masked() {
		return Plan{}, fmt.Errorf("%s is not an IPv4 network of the form A.B.0.0/16", base)
	}
	return Plan{base: base}, nil
}

// Base is the whole network.
func (p Plan) Base() netip.Prefix { return p.base }

// Pods is the network of the pods.
func (p Plan) Pods() netip.Prefix { return p.part(0, 18) }

// Node is the address of the node: the API server, the kubelet and node ports
// answer there.
func (p Plan) Node() netip.Addr { return p.at(64, 1) }

// Services is the network of the cluster IPs.
func (p Plan) Services() netip.Prefix { return p.part(128, 18) }

// KubernetesService is the cluster IP of the API server, which takes the
// first address of the services.
func (p Plan) KubernetesService() netip.Addr { return p.at(128, 1) }

// DNS is the cluster IP of the name server.
func (p Plan) DNS() netip.Addr { return p.at(128, 10) }

// DockerBridge is the network of docker's own bridge, with the bridge's
// address in it.
func (p Plan) DockerBridge() netip.Prefix { return netip.PrefixFrom(p.at(192, 1), 24) }

// DockerPool is the network that docker takes other networks from.
func (p Plan) DockerPool() netip.Prefix { return p.part(208, 20) }

func (p Plan) at(third, fourth byte) netip.Addr {
	octets := p.base.Addr().As4()
	octets[2], octets[3] = third, fourth
	return netip.AddrFrom4(octets)
}

func (p Plan) part(third byte, bits int) netip.Prefix {
	return netip.PrefixFrom(p.at(third, 0), bits)
}
