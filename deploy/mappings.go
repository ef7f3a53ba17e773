package deploy

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/restmapper"
)

// mappings is client-go's mapper with a memory: to find a kind there means to
// walk through all groups, which is too much for each object of a release. What
// was not found is not remembered. It is safe for concurrent use.
type mappings struct {
	*restmapper.DeferredDiscoveryRESTMapper
	mu    sync.Mutex
	known map[string]*meta.RESTMapping
	reset int // how often it was forgotten
}

var _ meta.ResettableRESTMapper = (*mappings)(nil)

func (m *mappings) RESTMapping(gk schema.GroupKind, versions ...string) (*meta.RESTMapping, error) {
	key := gk.Group + "/" + gk.Kind + "/" + strings.Join(versions, ",")
	m.mu.Lock()
	mapping, asked := m.known[key], m.reset
	m.mu.Unlock()
	if mapping != nil {
		return mapping, nil
	}
	mapping, err := m.DeferredDiscoveryRESTMapper.RESTMapping(gk, versions...)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*meta.RESTMapping{}
	}
	if asked == m.reset {
		m.known[key] = mapping
	}
	return mapping, nil
}

// Reset forgets everything, discovery included.
func (m *mappings) Reset() {
	m.mu.Lock()
	m.known = nil
	m.reset++
	m.mu.Unlock()
	m.DeferredDiscoveryRESTMapper.Reset()
}
