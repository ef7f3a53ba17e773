package netplan

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// ErrNoNetwork says that every network that could be chosen is in use.
var ErrNoNetwork = errors.New("every network from 10.210.0.0/16 to 10.241.0.0/16 overlaps one that this machine uses")

// ChooseBase returns the first /16 network, from 10.210.0.0 on, that overlaps
// none of those in use, or ErrNoNetwork.
func ChooseBase(used []netip.Prefix) (netip.Prefix, error) {
	for second := byte(210); second <= 241; second++ {
		candidate := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, 0, 0}), 16)
		if !Overlaps(candidate, used) {
			return candidate, nil
		}
	}
	return netip.Prefix{}, ErrNoNetwork
}

// Overlaps reports whether the network shares an address with one in use. A
// default route, which has every address, does not count.
func Overlaps(network netip.Prefix, used []netip.Prefix) bool {
	for _, u := range used {
		if u.Bits() > 0 && network.Overlaps(u) {
			return true
		}
	}
	return false
}

// Used lists the networks of this machine's interfaces and routes, those of
// the interfaces named in except left out.
func Used(except ...string) ([]netip.Prefix, error) {
	skip := map[string]bool{}
	for _, name := range except {
		skip[name] = true
	}
	links, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("listing the interfaces: %w", err)
	}
	var used []netip.Prefix
	for _, link := range links {
		addresses, err := link.Addrs()
		if skip[link.Name] || err != nil {
			continue
		}
		for _, address := range addresses {
			if prefix, err := netip.ParsePrefix(address.String()); err == nil {
				used = append(used, prefix.Masked())
			}
		}
	}
	routes, err := os.Open("/proc/net/route")
	if err != nil {
		return nil, fmt.Errorf("listing the routes: %w", err)
	}
	defer routes.Close()
	routed, err := parseRoutes(routes, skip)
	if err != nil {
		return nil, fmt.Errorf("listing the routes: %w", err)
	}
	return append(used, routed...), nil
}

// parseRoutes reads the form of /proc/net/route: the interface, then the
// destination and, six columns on, the mask, both as hexadecimal numbers of
// the machine's byte order.
func parseRoutes(table io.Reader, skip map[string]bool) ([]netip.Prefix, error) {
	var routes []netip.Prefix
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || fields[0] == "Iface" || skip[fields[0]] {
			continue
		}
		destination, err := hexAddress(fields[1])
		if err != nil {
			return nil, err
		}
		mask, err := hexAddress(fields[7])
		if err != nil {
			return nil, err
		}
		octets := mask.As4()
		bits, _ := net.IPMask(octets[:]).Size()
		routes = append(routes, netip.PrefixFrom(destination, bits))
	}
	return routes, lines.Err()
}

func hexAddress(text string) (netip.Addr, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 4 {
		return netip.Addr{}, fmt.Errorf("address %q is not 8 hexadecimal digits", text)
	}
	var octets [4]byte
	binary.NativeEndian.PutUint32(octets[:], binary.BigEndian.Uint32(raw))
	return netip.AddrFrom4(octets), nil
}

// ChoosePorts returns the first of count consecutive free TCP and UDP ports,
// looking from first on in steps of count and below 30000, where node ports
// begin.
func ChoosePorts(first, count int) (int, error) {
	for start := first; start+count < 30000; start += count {
		if PortsFree(start, count) {
			return start, nil
		}
	}
	return 0, fmt.Errorf("no %d consecutive ports from %d to 30000 are free", count, first)
}

// PortsFree reports whether nobody listens on any of count ports from first
// on, on any address.
func PortsFree(first, count int) bool {
	for port := first; port < first+count; port++ {
		address := ":" + strconv.Itoa(port)
		tcp, err := net.Listen("tcp", address)
		if err != nil {
			return false
		}
		tcp.Close()
		udp, err := net.ListenPacket("udp", address)
		if err != nil {
			return false
		}
		udp.Close()
	}
	return true
}
