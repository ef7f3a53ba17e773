package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
)

// EnvRoot is the environment variable that moves the state directory, so that
// a test has a sandbox of its own in its own network namespace.
const EnvRoot = "DEVLOOP_SANDBOX_DIR"

// DefaultRoot is the state directory of the one sandbox of a machine.
const DefaultRoot = "/var/lib/devloop-sandbox"

// NodeName is the name of the only node, and the name that the context, the
// cluster and the user have in every kubeconfig.
const NodeName = "sandbox"

// Layout names the places of one sandbox. The zero value is not usable; call
// New.
type Layout struct {
	// Root is the state directory, an absolute path.
	Root string
	// Instance names the cgroup, the nftables table and the CNI network.
	Instance string
	suffix   string
}

// New returns the layout of the sandbox whose state is in root; the empty
// string means DefaultRoot. Another root gives other names outside of it too.
func New(root string) Layout {
	if root == "" || filepath.Clean(root) == DefaultRoot {
		return Layout{Root: DefaultRoot, Instance: "devloop-sandbox"}
	}
	root = filepath.Clean(root)
	sum := sha256.Sum256([]byte(root))
	suffix := hex.EncodeToString(sum[:2])
	return Layout{Root: root, Instance: "devloop-sandbox-" + suffix, suffix: suffix}
}

// Path joins elements to the state directory.
func (l Layout) Path(elem ...string) string {
	return filepath.Join(append([]string{l.Root}, elem...)...)
}

// Lock is the file that one `up` or `down` at a time holds. It lies beside
// the state directory, so that `down` can remove all of that.
func (l Layout) Lock() string { return l.Root + ".lock" }

// Settings is the file with the addresses and ports chosen for this sandbox.
func (l Layout) Settings() string { return l.Path("settings.json") }

// Log is the log file of a component.
func (l Layout) Log(component string) string { return l.Path("logs", component+".log") }

// Record is the file that says which process a component is.
func (l Layout) Record(component string) string { return l.Path("run", component+".json") }

// ContainerdSocket is the CRI socket; images for pods are imported there,
// into the namespace k8s.io.
func (l Layout) ContainerdSocket() string { return l.Path("run", "containerd", "containerd.sock") }

// NodeLink is the interface that carries the address of the node.
func (l Layout) NodeLink() string { return l.link("dls-node") }

// DockerLink is the bridge of a docker engine started by the sandbox.
func (l Layout) DockerLink() string { return l.link("dls-docker") }

// link keeps within the 15 bytes the kernel has for an interface's name.
func (l Layout) link(name string) string {
	if l.suffix == "" {
		return name
	}
	return name + "-" + l.suffix
}
