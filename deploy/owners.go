package deploy

import (
	"iter"
	"reflect"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/devloop-dev/devloop/internal/diff"
)

// claims are the fields that belong to another object's controller, by the
// object that has them.
type claims map[claimed][]diff.Path

type claimed struct{ group, kind, namespace, name string }

// claimer is a kind whose objects own fields of others.
type claimer struct {
	// concerns says that such an object could own fields of the ward.
	concerns func(*ward) bool
	claims   func(*unstructured.Unstructured) claims
}

var replicas = diff.Path{{Key: "spec"}, {Key: "replicas"}}

// claimers are the owners that are known: a HorizontalPodAutoscaler, also the
// one that KEDA makes of a ScaledObject, owns its target's replicas; a Canary
// its target's replicas, the selector and ports of its service, and the routes
// of that name (docs.flagger.app, "How it works").
var claimers = map[schema.GroupKind]claimer{
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: {
		concerns: scales,
		claims: func(u *unstructured.Unstructured) claims {
			out := claims{}
			out.add(reference(u, "spec", "scaleTargetRef"), replicas)
			return out
		},
	},
	{Group: "flagger.app", Kind: "Canary"}: {
		concerns: func(w *ward) bool {
			return scales(w) || w.Kind == "Service" || w.Kind == "VirtualService" || w.Kind == "HTTPRoute"
		},
		claims: canaryClaims,
	},
}

func scales(w *ward) bool {
	_, found := replicas.Lookup(w.wanted.Object)
	return found
}

func canaryClaims(u *unstructured.Unstructured) claims {
	out := claims{}
	target := reference(u, "spec", "targetRef")
	out.add(target, replicas)
	name, _, _ := unstructured.NestedString(u.Object, "spec", "service", "name")
	if name == "" {
		name = target.name
	}
	service := claimed{kind: "Service", namespace: u.GetNamespace(), name: name}
	out.add(service, diff.Path{{Key: "spec"}, {Key: "selector"}})
	out.add(service, diff.Path{{Key: "spec"}, {Key: "ports"}})
	for group, kind := range map[string]string{"networking.istio.io": "VirtualService", "gateway.networking.k8s.io": "HTTPRoute"} {
		out.add(claimed{group: group, kind: kind, namespace: u.GetNamespace(), name: name}, diff.Path{{Key: "spec"}})
	}
	return out
}

func (c claims) add(of claimed, path diff.Path) {
	if of.name != "" {
		c[of] = append(c[of], path)
	}
}

// reference is the object in the same namespace that a field refers to.
func reference(u *unstructured.Unstructured, path ...string) claimed {
	ref, _, _ := unstructured.NestedStringMap(u.Object, path...)
	gv, err := schema.ParseGroupVersion(ref["apiVersion"])
	if err != nil {
		return claimed{}
	}
	return claimed{group: gv.Group, kind: ref["kind"], namespace: u.GetNamespace(), name: ref["name"]}
}

type ownerIn struct {
	kindIn
	name string
}

// owners are the claims that are made at present. It is safe for concurrent use.
type owners struct {
	changed func(claimed)
	// pending are the kinds of which no list has been seen yet.
	pending sync.WaitGroup
	mu      sync.Mutex
	by      map[ownerIn]claims
}

func newOwners(changed func(claimed)) *owners {
	return &owners{changed: changed, by: map[ownerIn]claims{}}
}

// set replaces what one owner claims; nil for an owner that is gone.
func (o *owners) set(owner ownerIn, now claims) {
	o.mu.Lock()
	before := o.by[owner]
	if o.by[owner] = now; now == nil {
		delete(o.by, owner)
	}
	o.mu.Unlock()
	if reflect.DeepEqual(before, now) {
		return
	}
	for _, set := range []claims{before, now} {
		for of := range set {
			o.changed(of)
		}
	}
}

// names are the owners of one kind in one namespace.
func (o *owners) names(at kindIn) iter.Seq[string] {
	return func(yield func(string) bool) {
		o.mu.Lock()
		var names []string
		for owner := range o.by {
			if owner.kindIn == at {
				names = append(names, owner.name)
			}
		}
		o.mu.Unlock()
		for _, name := range names {
			if !yield(name) {
				return
			}
		}
	}
}

// paths are the fields of an object that are claimed.
func (o *owners) paths(w *ward) []diff.Path {
	gk := w.info.Mapping.GroupVersionKind.GroupKind()
	of := claimed{gk.Group, gk.Kind, w.Namespace, w.Name}
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []diff.Path
	for _, set := range o.by {
		out = append(out, set[of]...)
	}
	return out
}
