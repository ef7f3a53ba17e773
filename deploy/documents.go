package deploy

import (
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// remembered is how many documents one generation of the cache holds; two
// generations are kept.
const remembered = 8192

// documents remembers what the text of a document parses to: parsing costs
// more than all else that is done with an unchanged document. The objects are
// shared and never written to. It is safe for concurrent use.
type documents struct {
	mu         sync.Mutex
	young, old map[string][]*unstructured.Unstructured
}

func newDocuments() *documents {
	return &documents{young: map[string][]*unstructured.Unstructured{}}
}

// parse gives the objects of one document of a YAML stream.
func (d *documents) parse(text string) ([]*unstructured.Unstructured, error) {
	if objects, ok := d.lookup(text); ok {
		return objects, nil
	}
	objects, err := parseDocument([]byte(text))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keep(text, objects)
	return objects, nil
}

func (d *documents) lookup(text string) ([]*unstructured.Unstructured, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if objects, ok := d.young[text]; ok {
		return objects, true
	}
	objects, ok := d.old[text]
	if ok {
		d.keep(text, objects)
	}
	return objects, ok
}

// keep adds to the young generation; a full one becomes the old one.
func (d *documents) keep(text string, objects []*unstructured.Unstructured) {
	if len(d.young) >= remembered {
		d.old, d.young = d.young, map[string][]*unstructured.Unstructured{}
	}
	d.young[text] = objects
}
