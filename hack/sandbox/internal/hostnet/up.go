//go:build linux

package hostnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
)

// Sysctls are the kernel's settings, by path under /proc/sys, that the
// sandbox or the kubelet changes.
func Sysctls() []string {
	return []string{
		"net/ipv4/ip_forward",
		"vm/overcommit_memory",
		"vm/panic_on_oom",
		"kernel/panic",
		"kernel/panic_on_oops",
		"kernel/keys/root_maxkeys",
		"kernel/keys/root_maxbytes",
	}
}

// Remember returns the present values of the kernel's settings and the names
// of the packet filter's tables, for Down to restore.
func Remember(ctx context.Context) (sysctls map[string]string, tables []string, err error) {
	sysctls = map[string]string{}
	for _, name := range Sysctls() {
		if value, err := os.ReadFile(filepath.Join("/proc/sys", name)); err == nil {
			sysctls[name] = strings.TrimSpace(string(value))
		}
	}
	tables, err = listTables(ctx)
	return sysctls, tables, err
}

// Up makes the node's address, the routes and the packet rules. It may be
// called again at any time.
func Up(ctx context.Context, l layout.Layout, s netplan.Settings) error {
	plan := s.Plan()
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("letting the kernel forward packets: %w", err)
	}
	if err := bridge(ctx, l.NodeLink(), netip.PrefixFrom(plan.Node(), 32)); err != nil {
		return err
	}
	if err := bridge(ctx, l.DockerLink(), plan.DockerBridge()); err != nil {
		return err
	}
	// Packets of the host to a cluster IP need a route to be sent at all,
	// also on a machine without a default route; the packet rules then
	// turn them towards a pod.
	_, err := run(ctx, "", "ip", "route", "replace", plan.Services().String(),
		"dev", l.NodeLink(), "src", plan.Node().String())
	if err != nil {
		return fmt.Errorf("routing the services: %w", err)
	}
	if _, err := run(ctx, rules(l, s), "nft", "-f", "-"); err != nil {
		return fmt.Errorf("setting packet rules: %w", err)
	}
	return allowForwarding(ctx, l, plan)
}

// bridge makes an interface that can carry an address of the host. A bridge
// serves as one, with or without anything plugged in, on kernels that have no
// dummy interfaces.
func bridge(ctx context.Context, name string, address netip.Prefix) error {
	if _, err := net.InterfaceByName(name); err != nil {
		if _, err := run(ctx, "", "ip", "link", "add", name, "type", "bridge"); err != nil {
			return fmt.Errorf("making the interface %s: %w", name, err)
		}
	}
	if _, err := run(ctx, "", "ip", "address", "replace", address.String(), "dev", name); err != nil {
		return fmt.Errorf("giving %s its address: %w", name, err)
	}
	if _, err := run(ctx, "", "ip", "link", "set", name, "up"); err != nil {
		return fmt.Errorf("bringing %s up: %w", name, err)
	}
	return nil
}

// rules is the sandbox's own table: what pods and containers send elsewhere
// bears an address of the host, and the API server, which has to listen on
// every address to be at 127.0.0.1 and at the node's address both, answers
// only this machine.
func rules(l layout.Layout, s netplan.Settings) string {
	plan := s.Plan()
	return fmt.Sprintf(`table inet %[1]s
delete table inet %[1]s
table inet %[1]s {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr { %[2]s, %[3]s, %[4]s } ip daddr != %[5]s masquerade
	}
	chain input {
		type filter hook input priority filter; policy accept;
		iifname != "lo" tcp dport %[6]d ip saddr != %[5]s drop
		iifname != "lo" tcp dport %[6]d meta nfproto ipv6 drop
	}
}
`, l.Instance, plan.Pods(), plan.DockerBridge().Masked(), plan.DockerPool(), plan.Base(), s.Port(netplan.PortAPIServer))
}

// allowForwarding lets packets of the sandbox through where the machine drops
// forwarded packets by default, as it does once some docker engine has run.
func allowForwarding(ctx context.Context, l layout.Layout, plan netplan.Plan) error {
	for _, rule := range forwardRules(l, plan) {
		if _, err := run(ctx, "", slices.Concat([]string{"iptables", "-w", "-C"}, rule)...); err == nil {
			continue
		}
		if _, err := run(ctx, "", slices.Concat([]string{"iptables", "-w", "-I"}, rule)...); err != nil {
			return fmt.Errorf("letting the pods' packets through: %w", err)
		}
	}
	return nil
}

func forwardRules(l layout.Layout, plan netplan.Plan) [][]string {
	base := plan.Base().String()
	comment := []string{"-m", "comment", "--comment", l.Instance, "-j", "ACCEPT"}
	return [][]string{
		slices.Concat([]string{"FORWARD", "-s", base}, comment),
		slices.Concat([]string{"FORWARD", "-d", base}, comment),
	}
}
