//go:build sandbox

package fidelity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// settleFor is the longest that controllers may take to have seen an object.
const settleFor = time.Minute

// where is a kind, and whether it lives in namespaces.
type where struct {
	schema.GroupVersionResource
	namespaced bool
}

// kinds are what a chart's snapshots look at. It grows with the manifests and
// never shrinks, so that what should have been removed is still seen.
type kinds map[where]bool

func newKinds() kinds {
	k := kinds{}
	for _, gvr := range []schema.GroupVersionResource{
		{Version: "v1", Resource: "configmaps"}, {Version: "v1", Resource: "secrets"},
		{Version: "v1", Resource: "serviceaccounts"}, {Version: "v1", Resource: "pods"},
		{Group: "batch", Version: "v1", Resource: "jobs"},
	} {
		k[where{gvr, true}] = true
	}
	return k
}

// add takes up the kinds of a manifest's objects. Those the cluster does not
// know have no objects.
func (k kinds) add(w *world, objects []*unstructured.Unstructured) error {
	for _, o := range objects {
		mapping, err := w.resource(o.GroupVersionKind())
		if meta.IsNoMatchError(err) {
			continue
		}
		if err != nil {
			return err
		}
		k[where{mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace}] = true
	}
	return nil
}

// snapshot reads all objects of the given kinds that are a side's, by
// resource/namespace/name, when the controllers have seen what was written and
// what is being deleted is gone.
func (w *world) snapshot(ctx context.Context, s *side, k kinds) (map[string]*unstructured.Unstructured, error) {
	deadline := time.Now().Add(settleFor)
	for {
		objects, err := w.read(ctx, s, k)
		if err != nil {
			return nil, err
		}
		var waits []string
		for key, o := range objects {
			if !settled(o) {
				waits = append(waits, key)
			}
		}
		if len(waits) == 0 {
			return objects, nil
		}
		if time.Now().After(deadline) {
			slices.Sort(waits)
			return nil, fmt.Errorf("after %s the cluster is not done with %s", settleFor, strings.Join(waits, ", "))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (w *world) read(ctx context.Context, s *side, k kinds) (map[string]*unstructured.Unstructured, error) {
	out := map[string]*unstructured.Unstructured{}
	// A kind that is known by two versions is shown by the same one each time.
	byName := func(a, b where) int { return strings.Compare(a.String(), b.String()) }
	for _, at := range slices.SortedFunc(maps.Keys(k), byName) {
		namespaces := s.namespaces
		if !at.namespaced {
			namespaces = []string{""}
		}
		for _, ns := range namespaces {
			list, err := w.dynamic.Resource(at.GroupVersionResource).Namespace(ns).List(ctx, metav1.ListOptions{})
			if apierrors.IsNotFound(err) {
				continue // the kind is gone
			}
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", at.Resource, err)
			}
			for i := range list.Items {
				o := &list.Items[i]
				if ns == "" && !strings.Contains(o.GetName(), s.namespaces[0]) || foreign(o) {
					continue
				}
				out[at.Resource+"."+at.Group+"/"+o.GetNamespace()+"/"+o.GetName()] = o
			}
		}
	}
	return out, nil
}

// foreign says that an object is not a release's doing: a controller made it,
// the cluster gives it to each namespace, or it is a release's record or a mark.
func foreign(o *unstructured.Unstructured) bool {
	kind, name := o.GetKind(), o.GetName()
	recordType, _, _ := unstructured.NestedString(o.Object, "type")
	return metav1.GetControllerOf(o) != nil ||
		kind == "ConfigMap" && name == "kube-root-ca.crt" ||
		kind == "ServiceAccount" && name == "default" ||
		kind == "Secret" && recordType == "helm.sh/release.v1" ||
		o.GetLabels()[markLabel] != ""
}

// settled says that nothing but a release will change the object's metadata and
// spec any more.
func settled(o *unstructured.Unstructured) bool {
	if o.GetDeletionTimestamp() != nil && len(o.GetFinalizers()) == 0 {
		return false
	}
	switch o.GetKind() {
	case "Deployment", "StatefulSet", "DaemonSet":
		seen, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
		return seen >= o.GetGeneration()
	}
	return true
}
