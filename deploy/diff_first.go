package deploy

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// diffNamespace tells what an install finds in the way of a namespace.
func (c *Cluster) diffNamespace(ctx context.Context, rel Release, d *Diff) error {
	_, err := c.client.CoreV1().Namespaces().Get(ctx, rel.Namespace, metav1.GetOptions{})
	switch {
	case err == nil || apierrors.IsForbidden(err):
		return nil
	case !apierrors.IsNotFound(err):
		return fmt.Errorf("look for namespace %s: %w", rel.Namespace, err)
	}
	o := ObjectDiff{Object: Object{APIVersion: "v1", Kind: "Namespace", Name: rel.Namespace}, Change: Create,
		After: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": rel.Namespace}}}
	if !rel.CreateNamespace {
		o.Problem = "there is no such namespace: make it, or set createNamespace: true"
	}
	d.Objects = append(d.Objects, o)
	return nil
}

// diffCRDs lists the custom resource definitions of a chart's crds folder that
// an install would make. As with helm, those that are there stay as they are.
func (c *Cluster) diffCRDs(ctx context.Context, src *source, d *Diff) error {
	ch, err := loadChart(src.rel)
	if err != nil {
		return err
	}
	for _, crd := range ch.CRDObjects() {
		docs, err := c.docs.split(string(crd.File.Data))
		if err != nil {
			return fmt.Errorf("read %s: %w", inChart(src.rel, crd.File.Name), err)
		}
		for _, doc := range docs {
			there, err := c.hasObject(ctx, doc.object)
			if err != nil {
				return fmt.Errorf("look for CRD %s: %w", doc.object.GetName(), err)
			}
			if there {
				continue
			}
			doc.template = crd.File.Name
			d.Objects = append(d.Objects, ObjectDiff{Object: c.object(doc, src.rel.Namespace), Change: Create, After: cleaned(doc.object.Object)})
			d.Notes = []string{"the chart brings custom resource definitions: what it renders to once they are there may be more than this"}
		}
	}
	return nil
}

func (c *Cluster) hasObject(ctx context.Context, u *unstructured.Unstructured) (bool, error) {
	mapping, err := c.mappingOf(u)
	if mapping == nil || err != nil {
		return false, err
	}
	_, err = c.metadata.Resource(mapping.Resource).Get(ctx, u.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// broughtKinds are those whose definitions come with the release: from its
// templates, or from the chart's crds folder.
func broughtKinds(want *Rendered, d *Diff) map[schema.GroupKind]bool {
	out := map[schema.GroupKind]bool{}
	add := func(object map[string]any) {
		if object["kind"] != "CustomResourceDefinition" {
			return
		}
		group, _, _ := unstructured.NestedString(object, "spec", "group")
		kind, _, _ := unstructured.NestedString(object, "spec", "names", "kind")
		out[schema.GroupKind{Group: group, Kind: kind}] = true
	}
	for _, doc := range want.docs {
		add(doc.object.Object)
	}
	for _, o := range d.Objects {
		add(o.After)
	}
	return out
}
