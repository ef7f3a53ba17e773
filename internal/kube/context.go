package kube

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Context is the kubeconfig context devloop works with.
type Context struct {
	Name      string
	Namespace string // default "default"
	Server    string // URL of the API server
	Config    *rest.Config
}

// ErrNoCluster: no kubeconfig, or nothing in it, names a cluster.
var ErrNoCluster = errors.New("no Kubernetes cluster is configured")

// Load resolves a context: the one named, else the current one. kubeconfig names
// a file; empty means KUBECONFIG or ~/.kube/config. No request is sent. Without
// any context the error wraps ErrNoCluster.
func Load(kubeconfig, context string) (*Context, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	if context == "" {
		context = raw.CurrentContext
	}
	names := strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
	if len(raw.Contexts) == 0 {
		return nil, fmt.Errorf("%w (looked in %s): start one, for example with minikube start, or set KUBECONFIG",
			ErrNoCluster, strings.Join(rules.GetLoadingPrecedence(), ", "))
	}
	if context == "" {
		return nil, fmt.Errorf("%w: kubeconfig has no current context; choose one with --context (there are %s)", ErrNoCluster, names)
	}
	if raw.Contexts[context] == nil {
		return nil, fmt.Errorf("kubeconfig has no context %q (there are %s)", context, names)
	}
	of := raw.Contexts[context]
	if raw.Clusters[of.Cluster] == nil {
		return nil, fmt.Errorf("context %s: kubeconfig has no cluster %q, which the context names: mend the kubeconfig, or choose another context with --context", context, of.Cluster)
	}
	if of.AuthInfo != "" && raw.AuthInfos[of.AuthInfo] == nil {
		return nil, fmt.Errorf("context %s: kubeconfig has no user %q, which the context names: mend the kubeconfig, or choose another context with --context", context, of.AuthInfo)
	}
	cfg, err := loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", context, err)
	}
	// The server protects itself by priority and fairness; a limit in the client
	// only makes the user wait.
	cfg.QPS, cfg.Burst = -1, -1
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", context, err)
	}
	return &Context{Name: context, Namespace: namespace, Server: cfg.Host, Config: cfg}, nil
}
