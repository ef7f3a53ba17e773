package deploy

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// documents remembers what the text of a document parses to: parsing costs
// more than all else that is done with an unchanged document. The objects are
// shared and never written to. It is safe for concurrent use.
type documents struct {
	parsed  recent[string, []content]
	streams recent[string, []document]
}

func newDocuments() *documents {
	return &documents{
		parsed:  recent[string, []content]{most: rememberedText},
		streams: recent[string, []document]{most: rememberedText},
	}
}

// content is an object and why Helm's builder would not take it, or nil.
type content struct {
	object *unstructured.Unstructured
	fault  error
}

// parse gives the objects of one document of a YAML stream.
func (d *documents) parse(text string) ([]content, error) {
	if known, ok := d.parsed.get(text); ok {
		return known, nil
	}
	objects, err := parseDocument([]byte(text))
	if err != nil {
		return nil, err
	}
	out := make([]content, len(objects))
	for i, o := range objects {
		out[i] = content{o, decodes(o)}
	}
	d.parsed.put(text, out, len(text))
	return out, nil
}
