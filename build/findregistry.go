package build

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"sigs.k8s.io/yaml"
)

// The config map by which a local cluster announces its registry, of KEP-1755
// (https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry).
const (
	HostingNamespace = "kube-public"
	HostingName      = "local-registry-hosting"

	hostingKey = "localRegistryHosting.v1"
	// registryAnswersIn bounds the first request to a registry that may be gone.
	registryAnswersIn = 2 * time.Second
)

// hosting is what the config map says. host is the registry as this machine knows
// it, the other one as the nodes' container runtimes do, where that differs.
type hosting struct {
	Host                     string `json:"host"`
	HostFromContainerRuntime string `json:"hostFromContainerRuntime"`
}

// findRegistry is the registry that the cluster announces; nil for none. note says
// why one that is announced is not used.
func findRegistry(ctx context.Context, o TargetOptions) (t Target, note string) {
	if o.Hosting == nil {
		return nil, ""
	}
	where := "config map " + HostingNamespace + "/" + HostingName
	var h hosting
	if err := yaml.Unmarshal([]byte(o.Hosting.Data[hostingKey]), &h); err != nil {
		return nil, fmt.Sprintf("%s: %s: %v", where, hostingKey, err)
	}
	if h.Host == "" {
		return nil, fmt.Sprintf("%s names no host", where)
	}
	if h.HostFromContainerRuntime == "" {
		h.HostFromContainerRuntime = h.Host
	}
	registry, err := name.NewRegistry(h.Host)
	if err != nil {
		return nil, fmt.Sprintf("%s: host: %v", where, err)
	}
	if err := answers(ctx, registry); err != nil {
		return nil, fmt.Sprintf("the registry %s that %s announces does not answer: %v", h.Host, where, err)
	}
	return &registryTarget{prefix: h.HostFromContainerRuntime, push: h.Host, how: "announced by the cluster", from: o.Docker}, ""
}

// answers makes one request. Whatever the registry says to it, it is there.
func answers(ctx context.Context, r name.Registry) error {
	ctx, cancel := context.WithTimeout(ctx, registryAnswersIn)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.Scheme()+"://"+r.RegistryStr()+"/v2/", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// noted is a target with something to say beside its name.
type noted struct {
	Target
	note string
}

func (n noted) String() string { return n.Target.String() + "; " + n.note }

// Close ends what the target holds.
func (n noted) Close() error {
	if c, ok := n.Target.(interface{ Close() error }); ok {
		return c.Close()
	}
	return nil
}

func (n noted) forget(ctx context.Context, refs []string) error {
	if f, ok := n.Target.(forgetter); ok {
		return f.forget(ctx, refs)
	}
	return nil
}
