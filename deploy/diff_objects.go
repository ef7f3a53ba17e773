package deploy

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/kube"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
)

// pair is an object as it was last applied and as it is wanted. Either may be
// missing; mapping is nil for a kind that the cluster does not know.
type pair struct {
	object    Object
	was, want *unstructured.Unstructured
	mapping   *meta.RESTMapping
	comes     bool // the release itself brings the kind
	place     int  // in the manifest that is wanted
}

// diffObjects compares two manifests and the cluster, as Helm's client would on
// the way from one to the other.
func (c *Cluster) diffObjects(ctx context.Context, rel Release, was, want *Rendered, d *Diff) error {
	pairs, err := c.pairs(rel, was, want)
	if err != nil {
		return err
	}
	kinds := broughtKinds(want, d)
	for _, p := range pairs {
		p.comes = kinds[schema.FromAPIVersionAndKind(p.object.APIVersion, p.object.Kind).GroupKind()]
	}
	var there kube.ResourceList
	for _, p := range pairs {
		if p.mapping != nil && p.object.Name != "" {
			there = append(there, p.info(p.want))
		}
	}
	live, err := c.read(ctx, there)
	if err != nil {
		return fmt.Errorf("read the objects of release %s: %w", rel, err)
	}
	found := make([]*ObjectDiff, len(pairs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, p := range pairs {
		g.Go(func() (err error) {
			found[i], err = c.diffObject(ctx, rel, want, d, p, live[p.object.key()])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, o := range found {
		switch {
		case o != nil:
			d.Objects = append(d.Objects, *o)
		case pairs[i].want != nil:
			d.Same++
		}
	}
	return nil
}

// pairs brings the objects of two manifests together: those of the new one in
// its order, then those that only the old one has.
func (c *Cluster) pairs(rel Release, was, want *Rendered) ([]*pair, error) {
	var out []*pair
	known := map[string]*pair{}
	add := func(r *Rendered, put func(*pair, *unstructured.Unstructured)) error {
		for i, doc := range r.docs {
			o := r.Objects[i]
			p := known[o.key()]
			if o.Name == "" {
				p = nil // no two of these are one
			}
			if p == nil {
				mapping, err := c.mappingOf(doc.object)
				if err != nil {
					return fmt.Errorf("%s: %w", o, err)
				}
				p = &pair{object: o, mapping: mapping, place: i}
				known[o.key()], out = p, append(out, p)
			}
			u := doc.object.DeepCopy()
			if o.Namespace != "" {
				u.SetNamespace(o.Namespace)
			}
			put(p, u)
		}
		return nil
	}
	err := add(want, func(p *pair, u *unstructured.Unstructured) {
		p.want = u
		markOwned(u, rel)
	})
	if err == nil {
		err = add(was, func(p *pair, u *unstructured.Unstructured) { p.was = u })
	}
	return out, err
}

// mappingOf is nil for a kind that the cluster does not have.
func (c *Cluster) mappingOf(u *unstructured.Unstructured) (*meta.RESTMapping, error) {
	gvk := u.GroupVersionKind()
	mapping, err := c.getter.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		return nil, nil
	}
	return mapping, err
}

// markOwned puts in what Helm's actions put into each object.
func markOwned(u *unstructured.Unstructured, rel Release) {
	labels, annotations := u.GetLabels(), u.GetAnnotations()
	if labels == nil {
		labels = map[string]string{}
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	labels["app.kubernetes.io/managed-by"] = "Helm"
	annotations["meta.helm.sh/release-name"], annotations["meta.helm.sh/release-namespace"] = rel.Name, rel.Namespace
	u.SetLabels(labels)
	u.SetAnnotations(annotations)
}

// owned says whether helm would take a live object for the release's.
func (p *pair) owned(live *unstructured.Unstructured, rel Release) bool {
	return live.GetLabels()["app.kubernetes.io/managed-by"] == "Helm" &&
		live.GetAnnotations()["meta.helm.sh/release-name"] == rel.Name &&
		live.GetAnnotations()["meta.helm.sh/release-namespace"] == rel.Namespace
}

func (p *pair) info(u *unstructured.Unstructured) *resource.Info {
	info := &resource.Info{Mapping: p.mapping, Namespace: p.object.Namespace, Name: p.object.Name}
	if u != nil {
		info.Object = u
	}
	return info
}

// diffObject is nil where nothing would happen to the object.
func (c *Cluster) diffObject(ctx context.Context, rel Release, want *Rendered, d *Diff, p *pair, live *unstructured.Unstructured) (*ObjectDiff, error) {
	out := &ObjectDiff{Object: p.object}
	switch {
	case p.want == nil && live == nil:
		return nil, nil
	case p.want == nil:
		out.Change, out.Before = Delete, hideObject(cleaned(live.Object), nil)
		if live.GetAnnotations()[kube.ResourcePolicyAnno] == kube.KeepPolicy {
			out.Change, out.Before = Keep, nil
		}
		return out, nil
	case live == nil && d.Action == Unchanged:
		return nil, nil // a job that the cluster removes by itself
	case live == nil:
		if p.object.Name == "" {
			out.Problem = "it has no name"
		}
		out.Change, out.After = Create, hideObject(cleaned(bare(p.want.Object)), nil)
		if p.mapping == nil && !p.comes {
			out.Problem = fmt.Sprintf("the cluster has no kind %s of %s: install its CRD first", p.object.Kind, p.object.APIVersion)
		}
		return out, nil
	}
	if d.Action == Unchanged {
		return c.diffDrift(ctx, out, rel, want, p, live)
	}
	was := p.was
	if was == nil {
		was = p.want // as Helm adopts an object
	}
	info := p.info(p.want)
	body, kind, err := threeWay(info, was, live)
	if err != nil {
		return nil, fmt.Errorf("compute the patch of %s: %w", p.object, err)
	}
	before, after, problem, err := c.merged(ctx, info, live, body, kind)
	if err != nil {
		return nil, fmt.Errorf("compare %s with the cluster: %w", p.object, err)
	}
	if p.was == nil && !p.owned(live, rel) {
		problem = "it exists and belongs to something else: delete it, or give it helm's label and annotations"
	}
	if reflect.DeepEqual(before, after) && problem == "" {
		return c.diffDrift(ctx, out, rel, want, p, live)
	}
	if p.was != nil {
		out.Drift = drifted(live, before, after, cleaned(bare(was.Object)), cleaned(bare(p.want.Object)))
	}
	return out.fill(Update, before, after, problem), nil
}

// fill completes an object that is there and stays, with its secrets hidden.
func (o *ObjectDiff) fill(change Change, before, after map[string]any, problem string) *ObjectDiff {
	if o.Kind == "Secret" {
		problem, _, _ = strings.Cut(problem, ": Invalid value")
	}
	o.Change, o.Problem = change, problem
	o.Before, o.After = hideObject(before, nil), hideObject(after, before)
	return o
}
