package deploy

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// servedWithin is how long the API server may take to serve a kind after its CRD
// is there.
const servedWithin = 10 * time.Second

var (
	crdKind     = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}
	crdResource = schema.GroupVersionResource{Group: crdKind.Group, Version: "v1", Resource: "customresourcedefinitions"}
	lackingKind = regexp.MustCompile(`no matches for kind "(\w+)" in version "([^"]+)"`)
)

// supply makes a kind known that an action lacked, and says whether it could: a
// CRD that the release itself brings is made before its objects, which helm
// leaves to the user; and one that is so new that the API server does not serve
// it yet is waited for. It is to be called when nothing has been written yet, as
// is the case with an unknown kind.
func (c *Cluster) supply(ctx context.Context, src *source, failed error) (bool, error) {
	m := lackingKind.FindStringSubmatch(failed.Error())
	if m == nil {
		return false, nil
	}
	gvk := schema.FromAPIVersionAndKind(m[2], m[1])
	found, err := c.makeKinds(ctx, src, gvk.GroupKind())
	if err == nil && !found {
		found, err = c.hasKind(ctx, gvk.GroupKind())
	}
	if err != nil || !found {
		return false, err
	}
	return c.awaitServed(ctx, gvk)
}

// makeKinds makes the CRDs of the manifest that are not there, marked as the
// release's own, and says whether one of them is of the kind.
func (c *Cluster) makeKinds(ctx context.Context, src *source, wanted schema.GroupKind) (bool, error) {
	last, err := c.last(ctx, src.rel.Namespace, src.rel.Name)
	if err != nil {
		return false, err
	}
	out, err := c.render(ctx, src, next(src.rel, last))
	if err != nil {
		return false, err
	}
	docs, err := c.docs.split(out.manifest)
	if err != nil {
		return false, err
	}
	found := false
	for _, d := range docs {
		found = found || defines(d.object, wanted)
	}
	if !found {
		return false, nil
	}
	for _, d := range docs {
		if d.object.GroupVersionKind().GroupKind() != crdKind {
			continue
		}
		crd := marked(d.object, src.rel.Name, src.rel.Namespace)
		_, err := c.dynamic.Resource(crdResource).Create(ctx, crd, metav1.CreateOptions{FieldManager: fieldManager})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return false, fmt.Errorf("apply release %s: CustomResourceDefinition/%s (%s): %w", src.rel.Name, crd.GetName(), d.template, err)
		}
	}
	return true, nil
}

// defines says whether an object is the CRD of a kind.
func defines(u *unstructured.Unstructured, kind schema.GroupKind) bool {
	if u.GroupVersionKind().GroupKind() != crdKind {
		return false
	}
	group, _, _ := unstructured.NestedString(u.Object, "spec", "group")
	name, _, _ := unstructured.NestedString(u.Object, "spec", "names", "kind")
	return group == kind.Group && name == kind.Kind
}

// hasKind says whether the cluster has the CRD of a kind.
func (c *Cluster) hasKind(ctx context.Context, kind schema.GroupKind) (bool, error) {
	names, err := c.names(ctx, kindIn{resource: crdResource})
	if apierrors.IsForbidden(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for name := range names {
		if !ofGroup(name, kind.Group) {
			continue
		}
		crd, err := c.dynamic.Resource(crdResource).Get(ctx, name, metav1.GetOptions{})
		if err == nil && defines(crd, kind) {
			return true, nil
		}
	}
	return false, nil
}

// ofGroup: a CRD's name is the plural name of its kind, a dot and its group.
func ofGroup(crd, group string) bool {
	return len(crd) > len(group) && crd[len(crd)-len(group)-1:] == "."+group
}

// awaitServed waits until the API server serves a kind whose CRD is there. What
// it serves cannot be watched, so it is asked; an answer "as before" is cheap.
func (c *Cluster) awaitServed(ctx context.Context, gvk schema.GroupVersionKind) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, servedWithin, errors.New("not served"))
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := c.surface.capabilities(ctx); err != nil && ctx.Err() == nil {
			return false, err
		}
		if _, err := c.getter.mapper.RESTMapping(gvk.GroupKind(), gvk.Version); err == nil {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, nil // the first error says what is missing
		case <-tick.C:
		}
	}
}
