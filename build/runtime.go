package build

import (
	"context"
	"errors"
	"io"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/docker/docker/client"
)

// Runtime is how the containers of a cluster are reached beside its API. At most
// one of Docker, Containerd and Nodes is set; none where only the API leads there.
type Runtime struct {
	// Docker is the daemon that the kubelet starts containers in.
	Docker *client.Client
	// Containerd is that of a kubelet on this machine, in the namespace of Kubernetes.
	Containerd *containerd.Client
	// Nodes are the containers of the docker daemon that are the cluster's nodes,
	// by the names of the nodes. NodeExec runs a command in one of them.
	Nodes map[string]string

	engine execAPI
	close  func() error
}

// FindRuntime finds the runtime of a cluster as FindTarget does, whether images
// go there directly or by a registry. Where it cannot tell, the Runtime is empty:
// that is no error. Close it when it is no longer used.
func FindRuntime(ctx context.Context, o TargetOptions) (Runtime, error) {
	if o.Docker == nil {
		return Runtime{}, errors.New("find the cluster's containers: no docker client was given")
	}
	found, err := findDirect(ctx, o)
	var unknown *TargetError
	if errors.As(err, &unknown) {
		return Runtime{}, nil
	}
	if err != nil {
		return Runtime{}, err
	}
	r := Runtime{}
	if c, ok := found.(io.Closer); ok {
		r.close = c.Close
	}
	switch t := found.(type) {
	case *sharedDaemon:
		r.Docker = t.client
	case *localContainerd:
		r.Containerd = t.client
	case *nodes:
		r.engine, r.Nodes = t.exec, map[string]string{}
		for i, n := range o.Nodes {
			r.Nodes[n.Name] = t.containers[i]
		}
	}
	return r, nil
}

// NodeExec runs a command in a node's container, with stdin as its input where
// there is one, and returns what it printed. A failure of the command is a
// *CommandError.
func (r Runtime) NodeExec(ctx context.Context, node string, stdin io.Reader, command ...string) (string, error) {
	return execIn(ctx, r.engine, r.Nodes[node], stdin, command...)
}

// Close ends the connection, where it is the runtime's own.
func (r Runtime) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}
