package build

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/docker/client"
	corev1 "k8s.io/api/core/v1"
)

// Target is where the pods of a cluster find their images. A Target that is an
// io.Closer holds a connection: close it when it is no longer used.
type Target interface {
	// String names the target for the user, as in "kind (2 nodes)".
	String() string
	// Has tells whether every node can start a container of this reference now.
	Has(ctx context.Context, ref string) (bool, error)
	// Load brings an image from the docker daemon to every node. When it returns
	// without an error, Has is true.
	Load(ctx context.Context, ref string) error
}

// TargetOptions is what FindTarget looks at.
type TargetOptions struct {
	// Nodes are all nodes of the cluster.
	Nodes []corev1.Node
	// Context is the kubeconfig context's name: for messages, and the minikube
	// profile where the nodes do not tell it.
	Context string
	// Docker is the daemon that builds images unless the target has its own.
	Docker *client.Client
	// Push is a registry's name with a path, as in registry.example.com/team, to
	// which images go whatever the nodes are. Default: none.
	Push string
	// Hosting is the config map HostingName of HostingNamespace; nil where the
	// cluster has none.
	Hosting *corev1.ConfigMap
}

// exporter is a daemon that images are taken from.
type exporter interface {
	ImageSave(ctx context.Context, refs []string, o ...client.ImageSaveOption) (io.ReadCloser, error)
}

// BuildClient is the daemon to build in for a target: the one the target shares
// with its cluster, where building is loading, or else the one given.
func BuildClient(t Target, otherwise *client.Client) *client.Client {
	if n, ok := t.(noted); ok {
		t = n.Target
	}
	if shared, ok := t.(*sharedDaemon); ok {
		return shared.client
	}
	return otherwise
}

// TargetError is a cluster into which images cannot be brought.
type TargetError struct {
	// Context is the kubeconfig context, Looked what was looked at and found
	// wanting, a line each.
	Context string
	Looked  []string
	Err     error // a cause, where one thing failed; may be nil
}

// Error says what was looked at and what is supported.
func (e *TargetError) Error() string {
	text := fmt.Sprintf("cannot tell how images get into the cluster of context %q", e.Context)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	for _, line := range e.Looked {
		text += "\n    " + line
	}
	return text + "\n  known ways: docker-desktop, colima and rancher-desktop with their docker, minikube, kind, k3d, containerd on this machine, a registry that the cluster announces (KEP-1755), a registry named by push:"
}

// Unwrap returns the cause.
func (e *TargetError) Unwrap() error { return e.Err }

// Canonical is a reference as container runtimes store it, with registry and
// repository spelled out, as in docker.io/library/app:1.
func Canonical(ref string) (string, error) {
	named, err := reference.ParseDockerRef(ref)
	if err != nil {
		return "", fmt.Errorf("image reference %q: %w", ref, err)
	}
	return named.String(), nil
}

const (
	// managedLabel is what containerd's Kubernetes plugin puts on an image once
	// it has taken notice of it; before that the kubelet does not find it.
	managedLabel = "io.cri-containerd.image"
	managedValue = "managed"

	noticeEvery = 5 * time.Millisecond
	noticeIn    = 10 * time.Second
)

// awaitNotice asks until the target's Kubernetes side knows a loaded image.
func awaitNotice(ctx context.Context, t Target, ref string) error {
	limited, cancel := context.WithTimeout(ctx, noticeIn)
	defer cancel()
	for wait := time.NewTicker(noticeEvery); ; {
		ok, err := t.Has(limited, ref)
		if ok {
			wait.Stop()
			return nil
		}
		if err != nil && limited.Err() == nil {
			wait.Stop()
			return err
		}
		select {
		case <-wait.C:
			continue
		case <-limited.Done():
		}
		wait.Stop()
		if ctx.Err() != nil {
			return fmt.Errorf("load %s into %s: %w", ref, t, context.Cause(ctx))
		}
		return fmt.Errorf("load %s into %s: it is there, but Kubernetes' side of containerd took no notice within %v; is its CRI plugin enabled?", ref, t, noticeIn)
	}
}

// lastSegment is what follows the last slash.
func lastSegment(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
