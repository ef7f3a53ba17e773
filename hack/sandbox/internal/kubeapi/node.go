package kubeapi

import (
	"context"
	"strings"
)

// CRISocket is the annotation by which tools find the container runtime of a
// node; kubeadm sets it too.
const CRISocket = "kubeadm.alpha.kubernetes.io/cri-socket"

// Node is the part of a Node that tells whether pods can run on it.
type Node struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Taints []struct {
			Key string `json:"key"`
		} `json:"taints"`
	} `json:"spec"`
	Status struct {
		Conditions []struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"conditions"`
		NodeInfo struct {
			Kubelet string `json:"kubeletVersion"`
			Runtime string `json:"containerRuntimeVersion"`
		} `json:"nodeInfo"`
	} `json:"status"`
}

// Node reads the node of that name.
func (c *Client) Node(ctx context.Context, name string) (Node, error) {
	var node Node
	err := c.Get(ctx, "/api/v1/nodes/"+name, &node)
	return node, err
}

// Ready reports whether pods are scheduled to the node; reason is why not.
func (n Node) Ready() (ready bool, reason string) {
	reason = "the kubelet has not said yet"
	for _, condition := range n.Status.Conditions {
		if condition.Type == "Ready" {
			ready, reason = condition.Status == "True", condition.Message
		}
	}
	if !ready {
		return false, reason
	}
	for _, taint := range n.Spec.Taints {
		if strings.HasPrefix(taint.Key, "node.kubernetes.io/") {
			return false, "it has the taint " + taint.Key
		}
	}
	return true, ""
}
