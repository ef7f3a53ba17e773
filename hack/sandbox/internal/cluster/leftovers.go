//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
)

// unmount takes off every mount below the state directory, the innermost
// first. Removing files with a mount in place could remove somebody's data.
func (c *Cluster) unmount() error {
	mounts, err := mountsBelow(c.Layout.Root)
	if err != nil {
		return err
	}
	for _, mount := range slices.Backward(mounts) {
		err := syscall.Unmount(mount, syscall.MNT_DETACH|0x8 /* UMOUNT_NOFOLLOW */)
		if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("unmounting %s: %w", mount, err)
		}
	}
	left, err := mountsBelow(c.Layout.Root)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("unmounting: still mounted: %s", strings.Join(left, ", "))
	}
	return nil
}

func mountsBelow(root string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("listing the mounts: %w", err)
	}
	return below(string(data), root), nil
}

// below lists the mount points under root, in the order they were mounted in.
func below(mountinfo, root string) []string {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var mounts []string
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		if mount := unescape.Replace(fields[4]); strings.HasPrefix(mount, root+"/") {
			mounts = append(mounts, mount)
		}
	}
	return mounts
}

// shimSockets is where every containerd's shims have their sockets.
const shimSockets = "/run/containerd/s"

// outside are the places outside of the state directory where the daemons
// leave files, whatever their configuration says.
func outside() []string {
	return []string{
		"/var/log/containers",
		"/var/lib/kubelet", "/var/lib/kubelet/device-plugins",
		"/var/lib/cni", "/var/lib/cni/results",
		"/run/containerd", "/run/containerd/fifo", shimSockets,
		"/run/docker", "/run/docker/plugins", "/opt/cni",
		"/run/cni", "/run/netns", "/etc/docker",
	}
}

// absent are those of the paths that do not exist.
func absent(paths []string) []string {
	return slices.DeleteFunc(paths, func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	})
}

// removeOutside removes the sandbox's files in places that it shares with
// other programs, and those of the directories it made that are empty then.
// What cannot be removed is not worth failing for.
func removeOutside(l layout.Layout, made []string) {
	// The sockets of containers' shims are named in the shims' directories.
	bundles, _ := filepath.Glob(l.Path("run", "containerd", "io.containerd.runtime.v2.task", "*", "*", "address"))
	for _, file := range bundles {
		if address, err := os.ReadFile(file); err == nil {
			_ = os.Remove(strings.TrimPrefix(strings.TrimSpace(string(address)), "unix://"))
		}
	}
	if slices.Contains(made, shimSockets) {
		removeDeadSockets(shimSockets)
	}
	links, _ := filepath.Glob("/var/log/containers/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, l.Root+"/") {
			_ = os.Remove(link)
		}
	}
	if _, err := os.Stat(l.Record(dockerRecord)); err == nil {
		_ = os.Remove(component.DockerSocket)
	}
	removeNetworkResults(l)
	if slices.Contains(made, "/var/lib/kubelet/device-plugins") {
		_ = os.RemoveAll("/var/lib/kubelet/device-plugins")
	}
	for _, dir := range slices.Backward(made) {
		_ = os.Remove(dir)
	}
}

// removeNetworkResults removes what the CNI library remembers of the pods:
// files named after the network and the pod's id, and after the id alone for
// the pod's loopback interface.
func removeNetworkResults(l layout.Layout) {
	const results = "/var/lib/cni/results/"
	files, _ := filepath.Glob(results + l.Instance + "-*-eth0")
	for _, file := range files {
		id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), l.Instance+"-"), "-eth0")
		_ = os.Remove(file)
		_ = os.Remove(results + "cni-loopback-" + id + "-lo")
	}
}

// removeDeadSockets removes the Unix sockets in dir that no process serves:
// a shim that is killed cannot remove its own.
func removeDeadSockets(dir string) {
	sockets, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, socket := range sockets {
		conn, err := net.Dial("unix", socket)
		if errors.Is(err, syscall.ECONNREFUSED) {
			_ = os.Remove(socket)
		}
		if err == nil {
			conn.Close()
		}
	}
}
