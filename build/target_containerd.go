package build

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	corev1 "k8s.io/api/core/v1"
)

// bootIDFile tells one run of a Linux kernel from any other; the kubelet
// reports it of its node.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// localContainerd is the containerd of a kubelet that runs on this machine.
type localContainerd struct {
	socket string
	client *containerd.Client
	from   unpacker
}

var _ Target = (*localContainerd)(nil)

func findContainerd(ctx context.Context, o TargetOptions) (Target, error) {
	if len(o.Nodes) > 1 {
		return nil, o.unknown(nil, "several nodes, of which at most one is this machine")
	}
	n := o.Nodes[0]
	socket, ok := strings.CutPrefix(socketOf(n), "unix://")
	if !ok {
		return nil, o.unknown(nil)
	}
	// Another machine's node may well have a socket of the same name.
	bootID, err := os.ReadFile(bootIDFile)
	if err != nil || strings.TrimSpace(string(bootID)) != n.Status.NodeInfo.BootID {
		return nil, o.unknown(nil, fmt.Sprintf("node %s is not this machine: its boot id is %q, the one here %q",
			n.Name, n.Status.NodeInfo.BootID, strings.TrimSpace(string(bootID))))
	}
	cli, err := openContainerd(ctx, socket)
	if err != nil {
		return nil, o.unknown(err)
	}
	return &localContainerd{socket: socket, client: cli, from: o.Docker}, nil
}

func socketOf(n corev1.Node) string {
	if socket := n.Annotations[socketNote]; socket != "" {
		return socket
	}
	if strings.HasPrefix(n.Spec.ProviderID, k3sProvider) {
		return k3sSocket
	}
	return ""
}

func openContainerd(ctx context.Context, socket string) (*containerd.Client, error) {
	if _, err := os.Stat(socket); err != nil {
		return nil, fmt.Errorf("containerd's socket: %w", err)
	}
	cli, err := containerd.New(socket, containerd.WithDefaultNamespace("k8s.io"), containerd.WithTimeout(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("containerd at %s: %w", socket, err)
	}
	limited, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	if _, err := cli.Version(limited); err != nil {
		cli.Close()
		return nil, fmt.Errorf("containerd at %s does not answer: %w", socket, err)
	}
	return cli, nil
}

func (t *localContainerd) String() string { return "containerd at " + t.socket }

func (t *localContainerd) Has(ctx context.Context, ref string) (bool, error) {
	name, err := Canonical(ref)
	if err != nil {
		return false, err
	}
	img, err := t.client.ImageService().Get(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s in %s: %w", ref, t, err)
	}
	return img.Labels[managedLabel] == managedValue, nil
}

// Load sends the layers that this containerd does not have.
func (t *localContainerd) Load(ctx context.Context, ref string) error {
	ctx, release, err := t.client.WithLease(ctx)
	if err != nil {
		return fmt.Errorf("load %s into %s: %w", ref, t, err)
	}
	defer func() { release(context.WithoutCancel(ctx)) }() // what was brought in vain goes with it
	send := func(ctx context.Context, to io.Writer) error {
		_, err := sendParts(ctx, t.from, ref, func(d digest.Digest) (bool, error) { return t.keeps(ctx, d) }, to)
		return err
	}
	err = piped(ctx, send, func(ctx context.Context, from io.Reader) error {
		_, err := t.client.Import(ctx, from)
		return err
	})
	if err != nil {
		return fmt.Errorf("load %s into %s: %w", ref, t, err)
	}
	return awaitNotice(ctx, t, ref)
}

// keeps tells whether a blob is there, and has it stay for as long as the lease of
// ctx lasts.
func (t *localContainerd) keeps(ctx context.Context, d digest.Digest) (bool, error) {
	lease, _ := leases.FromContext(ctx)
	err := t.client.LeasesService().AddResource(ctx, leases.Lease{ID: lease}, leases.Resource{ID: d.String(), Type: "content"})
	if err == nil {
		_, err = t.client.ContentStore().Info(ctx, d)
	}
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

func (t *localContainerd) forget(ctx context.Context, refs []string) error {
	for _, ref := range refs {
		name, err := Canonical(ref)
		if err != nil {
			return err
		}
		if err := t.client.ImageService().Delete(ctx, name); err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("remove %s from %s: %w", ref, t, err)
		}
	}
	return nil
}

// Close ends the connection to containerd.
func (t *localContainerd) Close() error { return t.client.Close() }
