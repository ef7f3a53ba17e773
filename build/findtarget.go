package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	minikubeLabel = "minikube.k8s.io/name"                       // set by minikube to the profile
	socketNote    = "kubeadm.alpha.kubernetes.io/cri-socket"     // set by kubeadm, and by the sandbox
	k3sSocket     = "unix:///run/k3s/containerd/containerd.sock" // where k3s keeps its containerd
	dockerRuntime = "docker://"
	kindProvider  = "kind://"
	k3sProvider   = "k3s://"
	k3dNodePrefix = "k3d-"
)

// FindTarget finds out from a cluster how images get into it:
//
//   - a registry that is named (Push), or that the cluster announces by the config
//     map of KEP-1755 and that answers, unless the cluster shares a docker daemon;
//   - minikube (label minikube.k8s.io/name) with docker and one node: its daemon
//     is asked for by `minikube docker-env`, see BuildClient;
//   - minikube otherwise: `minikube image load`;
//   - another cluster on docker (docker-desktop, colima, rancher-desktop): the
//     daemon of the options, after a look that it is that cluster's;
//   - kind (provider id kind://) and k3d (k3s://, node names k3d-*): the
//     containerd in each node's container, through docker exec;
//   - containerd on this machine: the socket in the kubeadm annotation
//     kubeadm.alpha.kubernetes.io/cri-socket, or k3s's, when the node runs on
//     this very kernel (same boot id).
//
// Anything else gives a *TargetError.
func FindTarget(ctx context.Context, o TargetOptions) (Target, error) {
	if o.Docker == nil {
		return nil, errors.New("find the way of images into the cluster: no docker client was given")
	}
	if o.Push != "" {
		return newRegistry(o.Push, o.Docker)
	}
	registry, note := findRegistry(ctx, o)
	direct, err := findDirect(ctx, o)
	if _, shared := direct.(*sharedDaemon); registry != nil && !shared {
		if c, ok := direct.(io.Closer); ok {
			return registry, c.Close()
		}
		return registry, nil
	}
	if err == nil && note != "" {
		return noted{direct, note}, nil
	}
	return direct, err
}

// findDirect finds the way that needs no registry.
func findDirect(ctx context.Context, o TargetOptions) (Target, error) {
	if len(o.Nodes) == 0 {
		return nil, &TargetError{Context: o.Context, Looked: []string{"the cluster has no nodes"}}
	}
	first := o.Nodes[0]
	docker := o.all(func(n corev1.Node) bool { return strings.HasPrefix(runtimeOf(n), dockerRuntime) })
	switch {
	case first.Labels[minikubeLabel] != "" && docker && len(o.Nodes) == 1:
		return findMinikubeDaemon(ctx, o)
	case first.Labels[minikubeLabel] != "":
		return newMinikube(o), nil
	case o.all(func(n corev1.Node) bool { return strings.HasPrefix(n.Spec.ProviderID, kindProvider) }):
		return newNodes("kind", o), nil
	case o.all(func(n corev1.Node) bool {
		return strings.HasPrefix(n.Spec.ProviderID, k3sProvider) && strings.HasPrefix(n.Name, k3dNodePrefix)
	}):
		return newNodes("k3d", o), nil
	case docker:
		return findSharedDaemon(ctx, o)
	}
	return findContainerd(ctx, o)
}

func (o TargetOptions) all(is func(corev1.Node) bool) bool {
	for _, n := range o.Nodes {
		if !is(n) {
			return false
		}
	}
	return true
}

// unknown reports all that was looked at.
func (o TargetOptions) unknown(cause error, more ...string) error {
	var looked []string
	for _, n := range o.Nodes {
		looked = append(looked, fmt.Sprintf("node %s: runtime %q, provider id %q, %s %q",
			n.Name, runtimeOf(n), n.Spec.ProviderID, socketNote, n.Annotations[socketNote]))
	}
	return &TargetError{Context: o.Context, Looked: append(looked, more...), Err: cause}
}

func runtimeOf(n corev1.Node) string { return n.Status.NodeInfo.ContainerRuntimeVersion }
