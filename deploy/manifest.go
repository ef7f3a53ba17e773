package deploy

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// sourceLine is the comment helm puts above each document it renders.
var sourceLine = regexp.MustCompile(`(?m)^# Source: (\S+)\s*$`)

// document is one object of a manifest and the template that made it.
type document struct {
	template string
	content
}

// split reads a YAML stream as helm does: documents without an object are left
// out, a list is taken apart into its items. The objects are shared.
// So is the list itself, which is remembered: each Apply splits the same two
// manifests several times.
func (d *documents) split(manifest string) ([]document, error) {
	if docs, ok := d.streams.get(manifest); ok {
		return docs, nil
	}
	var docs []document
	for _, part := range parts(manifest) {
		template := sourceOf(part)
		// The line end is helm's: a block scalar that ends the document has it as
		// its own.
		objects, err := d.parse(part + "\n")
		if err != nil {
			return nil, fmt.Errorf("parse what %s rendered to: %w", template, err)
		}
		for _, o := range objects {
			docs = append(docs, document{template, o})
		}
	}
	d.streams.put(manifest, docs, len(manifest))
	return docs, nil
}

// sourceOf is the template that a document names. Where helm wrote it, that is the
// first line, and the rest need not be searched.
func sourceOf(part string) string {
	if line, _, _ := strings.Cut(part, "\n"); strings.HasPrefix(line, "# Source: ") {
		part = line
	}
	m := sourceLine.FindStringSubmatch(part)
	if m == nil {
		return ""
	}
	return chartFile(m[1])
}

// parts cuts a YAML stream exactly where releaseutil.SplitManifests does, without
// its regular expression: at three dashes that begin a line. White space after
// them belongs to the cut, so that dashes on the very next line are content.
func parts(stream string) []string {
	var out []string
	rest := strings.TrimSpace(stream)
	if after, ok := strings.CutPrefix(rest, "---"); ok {
		rest = strings.TrimLeft(after, yamlSpace)
	}
	for {
		part, after, more := strings.Cut(rest, "\n---")
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
		if !more {
			return out
		}
		rest = strings.TrimLeft(after, yamlSpace)
	}
}

// yamlSpace is what a regular expression's \s stands for.
const yamlSpace = " \t\n\f\r"

func parseDocument(text []byte) ([]*unstructured.Unstructured, error) {
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	if string(data) == "null" || string(data) == "{}" {
		return nil, nil
	}
	u := &unstructured.Unstructured{}
	// Through JSON once more, so that whole numbers are int64 as the API has them.
	if err := u.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return flatten(u)
}

func flatten(u *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	if u.GetKind() == "" || u.GetAPIVersion() == "" {
		return nil, fmt.Errorf("an object needs apiVersion and kind; it has apiVersion %q, kind %q", u.GetAPIVersion(), u.GetKind())
	}
	if !strings.HasSuffix(u.GetKind(), "List") || !u.IsList() {
		return []*unstructured.Unstructured{u}, nil
	}
	list, err := u.ToList()
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for i := range list.Items {
		items, err := flatten(&list.Items[i])
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

// object names a document. A kind the cluster does not know is taken as
// namespaced: applying it fails anyway and says so better.
func (c *Cluster) object(d document, namespace string) Object {
	o := Object{
		APIVersion: d.object.GetAPIVersion(), Kind: d.object.GetKind(),
		Namespace: d.object.GetNamespace(), Name: d.object.GetName(), Template: d.template,
	}
	gvk := d.object.GroupVersionKind()
	mapping, err := c.getter.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	switch {
	case err == nil && mapping.Scope.Name() == meta.RESTScopeNameRoot:
		o.Namespace = ""
	case o.Namespace == "":
		o.Namespace = namespace
	}
	return o
}
