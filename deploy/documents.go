package deploy

import (
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// How many documents, and how many whole manifests, one generation of the cache
// holds; two generations are kept.
const (
	rememberedDocuments = 8192
	rememberedStreams   = 32
)

// documents remembers what the text of a document parses to: parsing costs
// more than all else that is done with an unchanged document. The objects are
// shared and never written to. It is safe for concurrent use.
type documents struct {
	parsed  recent[[]*unstructured.Unstructured]
	streams recent[[]document]
}

func newDocuments() *documents {
	return &documents{
		parsed:  recent[[]*unstructured.Unstructured]{most: rememberedDocuments},
		streams: recent[[]document]{most: rememberedStreams},
	}
}

// parse gives the objects of one document of a YAML stream.
func (d *documents) parse(text string) ([]*unstructured.Unstructured, error) {
	if objects, ok := d.parsed.get(text); ok {
		return objects, nil
	}
	objects, err := parseDocument([]byte(text))
	if err != nil {
		return nil, err
	}
	d.parsed.put(text, objects)
	return objects, nil
}

// recent keeps what was used of late: a young generation, which becomes the old
// one when it is full, and the old one. It is safe for concurrent use.
type recent[V any] struct {
	most int

	mu         sync.Mutex
	young, old map[string]V
}

func (m *recent[V]) get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.young[key]; ok {
		return v, true
	}
	v, ok := m.old[key]
	if ok {
		m.keep(key, v)
	}
	return v, ok
}

func (m *recent[V]) put(key string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(key, v)
}

func (m *recent[V]) keep(key string, v V) {
	if len(m.young) >= m.most {
		m.old, m.young = m.young, nil
	}
	if m.young == nil {
		m.young = map[string]V{}
	}
	m.young[key] = v
}
