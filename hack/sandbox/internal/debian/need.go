package debian

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Need is a program and Debian's package of it.
type Need struct {
	// Program is a name to look for in PATH, or for a CNI plugin in the
	// usual directories of those.
	Program string
	// Package has it.
	Package string
	// Plugin is true for a CNI plugin.
	Plugin bool
}

// Needs lists what every sandbox needs, and dockerd where the sandbox has to
// start the docker engine itself.
func Needs(docker bool) []Need {
	needs := []Need{
		{Program: "containerd", Package: "containerd"},
		{Program: "containerd-shim-runc-v2", Package: "containerd"},
		{Program: "ctr", Package: "containerd"},
		{Program: "runc", Package: "runc"},
		{Program: "nft", Package: "nftables"},
		{Program: "ip", Package: "iproute2"},
		{Program: "iptables", Package: "iptables"},
		{Program: "mount", Package: "mount"},
		{Program: "ptp", Package: "containernetworking-plugins", Plugin: true},
		{Program: "host-local", Package: "containernetworking-plugins", Plugin: true},
		{Program: "portmap", Package: "containernetworking-plugins", Plugin: true},
		{Program: "loopback", Package: "containernetworking-plugins", Plugin: true},
	}
	if docker {
		needs = append(needs, Need{Program: "dockerd", Package: "docker.io"})
	}
	return needs
}

// pluginDirs are where packages put CNI plugins: Debian's, then the usual one
// of other systems.
func pluginDirs() []string { return []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"} }

// Find returns the path of the program.
func (n Need) Find() (string, bool) {
	if n.Plugin {
		for _, dir := range pluginDirs() {
			path, err := exec.LookPath(filepath.Join(dir, n.Program))
			if err == nil {
				return path, true
			}
		}
		return "", false
	}
	path, err := exec.LookPath(n.Program)
	if err != nil {
		// An administrator's programs may be missing from a user's PATH.
		path, err = exec.LookPath(filepath.Join("/usr/sbin", n.Program))
	}
	return path, err == nil
}

// Missing returns those that are not there.
func Missing(needs []Need) []Need {
	return slices.DeleteFunc(slices.Clone(needs), func(n Need) bool {
		_, found := n.Find()
		return found
	})
}

// names lists programs, packages of names for a message.
func names(needs []Need, of func(Need) string) string {
	var all []string
	for _, need := range needs {
		if name := of(need); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}
