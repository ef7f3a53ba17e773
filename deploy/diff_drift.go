package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/devloop-dev/devloop/internal/diff"
)

// FieldDrift is a field that is not as the files say although they did not change it.
type FieldDrift struct {
	// Path has the form spec.containers[app].image.
	Path string
	// By is the name under which another program wrote the field, from the
	// object's managedFields, such as kubectl-edit; empty where none is known,
	// as for a field that was removed.
	By string
}

// diffDrift finds what Apply leaves alone in an object although it is not as the
// files say, and what Guard would do about it; nil where there is nothing.
func (c *Cluster) diffDrift(ctx context.Context, out *ObjectDiff, rel Release, want *Rendered, p *pair, live *unstructured.Unstructured) (*ObjectDiff, error) {
	w, err := c.newWard(Result{Release: rel.Name, Namespace: rel.Namespace, Rendered: want}, p.place)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.object, err)
	}
	fix, err := w.correct(live, nil)
	if fix == nil || err != nil {
		return nil, err
	}
	others, err := c.claimed(ctx, w)
	if err != nil {
		return nil, err
	}
	if fix, err = w.correct(live, others); fix == nil || err != nil {
		return nil, err
	}
	before, after, problem, err := c.merged(ctx, fix.info, live, fix.body, fix.kind)
	if err != nil {
		return nil, fmt.Errorf("compare %s with the cluster: %w", p.object, err)
	}
	out.Drift = drifted(live, before, after, nil, nil)
	if len(out.Drift) == 0 && problem == "" {
		return nil, nil
	}
	return out.fill(Drifted, before, after, problem), nil
}

// claimed are the fields of an object that are an autoscaler's or a canary's.
func (c *Cluster) claimed(ctx context.Context, w *ward) ([]diff.Path, error) {
	all := newOwners(func(claimed) {})
	for kind, claimer := range claimers {
		if !claimer.concerns(w) {
			continue
		}
		mapping, err := c.getter.mapper.RESTMapping(kind)
		if meta.IsNoMatchError(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", kind, err)
		}
		list, err := c.dynamic.Resource(mapping.Resource).Namespace(w.info.Namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", mapping.Resource.GroupResource(), err)
		}
		for i := range list.Items {
			owner := ownerIn{kindIn{mapping.Resource, w.info.Namespace}, list.Items[i].GetName()}
			all.set(owner, claimer.claims(&list.Items[i]))
		}
	}
	return all.paths(w), nil
}

// drifted are the changed fields that are the same in both manifests.
func drifted(live *unstructured.Unstructured, before, after, was, want map[string]any) []FieldDrift {
	var out []FieldDrift
	for _, ch := range diff.Changes(before, after) {
		old, _ := ch.Path.Lookup(was)
		new, _ := ch.Path.Lookup(want)
		if reflect.DeepEqual(old, new) {
			out = append(out, FieldDrift{Path: ch.Path.String(), By: writtenBy(live, ch.Path)})
		}
	}
	return out
}

// writtenBy is the latest of the other programs that own a field.
func writtenBy(live *unstructured.Unstructured, path diff.Path) string {
	by, latest := "", int64(-1)
	for _, m := range live.GetManagedFields() {
		if m.FieldsV1 == nil || m.Manager == fieldManager || strings.EqualFold(m.Manager, "helm") {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(m.FieldsV1.GetRawBytes(), &fields); err != nil || !ownsField(fields, path) {
			continue
		}
		at := int64(0)
		if m.Time != nil {
			at = m.Time.UnixNano()
		}
		if at > latest {
			by, latest = m.Manager, at
		}
	}
	return by
}

// ownsField says whether a field set, in the form of managedFields (keys "f:name" and
// `k:{"name":"app"}`, an empty set for all below), holds a field.
func ownsField(set map[string]any, path diff.Path) bool {
	for i, step := range path {
		if i > 0 && len(set) == 0 {
			return true
		}
		next, ok := set["f:"+step.Key].(map[string]any)
		if step.List {
			next, ok = itemSet(set, step)
		}
		if !ok {
			return false
		}
		set = next
	}
	return true
}

// itemSet finds the set of a list's item: the one whose key has the field that
// names it.
func itemSet(set map[string]any, step diff.Step) (map[string]any, bool) {
	for key, v := range set {
		text, ok := strings.CutPrefix(key, "k:")
		var names map[string]any
		if !ok || step.Key == "" || json.Unmarshal([]byte(text), &names) != nil {
			continue
		}
		if diff.Text(names[step.Key]) == step.Name {
			next, ok := v.(map[string]any)
			return next, ok
		}
	}
	return nil, false
}
