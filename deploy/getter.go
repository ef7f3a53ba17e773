package deploy

import (
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// refetchPause is the least time between two reads of all of discovery that an
// unknown kind may cause.
const refetchPause = time.Second

// getter hands Helm and kubectl's builders one process-wide view of the
// cluster: the same connection settings, discovery and REST mappings each time.
type getter struct {
	config    *rest.Config
	discovery *cachedDiscovery
	mapper    *mappings
}

func newGetter(config *rest.Config) (*getter, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	cached := &cachedDiscovery{CachedDiscoveryInterface: memory.NewMemCacheClient(client)}
	return &getter{
		config:    config,
		discovery: cached,
		mapper:    &mappings{DeferredDiscoveryRESTMapper: restmapper.NewDeferredDiscoveryRESTMapper(cached)},
	}, nil
}

// ToRESTConfig gives a copy: the callers write the group and path into it.
func (g *getter) ToRESTConfig() (*rest.Config, error) { return rest.CopyConfig(g.config), nil }

func (g *getter) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	return g.discovery, nil
}

func (g *getter) ToRESTMapper() (meta.RESTMapper, error) { return g.mapper, nil }

// ToRawKubeConfigLoader is asked only for a default namespace, and each kube
// client that is made here carries its own.
func (g *getter) ToRawKubeConfigLoader() clientcmd.ClientConfig {
	return clientcmd.NewDefaultClientConfig(clientcmdapi.Config{}, &clientcmd.ConfigOverrides{})
}

// cachedDiscovery is client-go's memory cache, except that it admits to being
// stale. The mapper above it reads discovery again for a kind it does not know
// only when Fresh is false, which the memory cache never says once it is filled.
type cachedDiscovery struct {
	discovery.CachedDiscoveryInterface
	read atomic.Int64 // unix nanoseconds of the last invalidation
}

func (d *cachedDiscovery) Fresh() bool {
	return time.Since(time.Unix(0, d.read.Load())) < refetchPause
}

func (d *cachedDiscovery) Invalidate() {
	d.read.Store(time.Now().UnixNano())
	d.CachedDiscoveryInterface.Invalidate()
}
