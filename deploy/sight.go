package deploy

import (
	"context"
	"iter"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// sight is told of the objects of a kind and keeps none of them: a reflector's
// store without a store. Its functions are called by one goroutine.
type sight struct {
	saw  func(*unstructured.Unstructured)
	gone func(name string)
	// known are the names that are thought to be there: those that a new list
	// lacks are gone.
	known iter.Seq[string]
	// wanted says which objects matter; nil for all.
	wanted func(name string) bool
	// synced is called after each list; may be nil.
	synced func()
}

var _ cache.TransformingStore = (*sight)(nil)

func (s *sight) Add(obj any) error {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		s.saw(u)
	}
	return nil
}

func (s *sight) Update(obj any) error { return s.Add(obj) }

func (s *sight) Delete(obj any) error {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		s.gone(u.GetName())
	}
	return nil
}

func (s *sight) Replace(list []any, _ string) error {
	there := map[string]bool{}
	for _, obj := range list {
		if u, ok := obj.(*unstructured.Unstructured); ok {
			there[u.GetName()] = true
			s.saw(u)
		}
	}
	for name := range s.known {
		if !there[name] {
			s.gone(name)
		}
	}
	if s.synced != nil {
		s.synced()
	}
	return nil
}

func (s *sight) Resync() error { return nil }

// Transformer makes objects small before the reflector gathers a list of them:
// what nobody asked for is not kept in memory for a moment.
func (s *sight) Transformer() cache.TransformFunc {
	return func(obj any) (any, error) {
		u, ok := obj.(*unstructured.Unstructured)
		if !ok {
			return obj, nil
		}
		if s.wanted != nil && !s.wanted(u.GetName()) {
			stub := &unstructured.Unstructured{Object: map[string]any{}}
			stub.SetName(u.GetName())
			stub.SetNamespace(u.GetNamespace())
			return stub, nil
		}
		u.SetManagedFields(nil)
		return u, nil
	}
}

// patience between two attempts at a watch that broke.
func backoff() *wait.Backoff {
	return &wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 8, Cap: 30 * time.Second}
}

// sightings shows a kind's objects to s until ctx ends, and begins again where
// the watch breaks. cannot is told of what no waiting cures; the watch is tried
// again all the same.
func (c *Cluster) sightings(ctx context.Context, at kindIn, selector string, s *sight, cannot func(error)) error {
	client := c.dynamic.Resource(at.resource).Namespace(at.namespace)
	heed := func(err error) {
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
			cannot(err)
		} else if err != nil && ctx.Err() == nil {
			c.opts.Log.DebugContext(ctx, "watch broke and starts again", "resource", at.resource.String(), "err", err)
		}
	}
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
			opts.FieldSelector = selector
			list, err := client.List(ctx, opts)
			heed(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
			opts.FieldSelector = selector
			w, err := client.Watch(ctx, opts)
			heed(err)
			return w, err
		},
	}
	quiet := klog.NewContext(ctx, logr.Discard())
	cache.NewReflectorWithOptions(source, &unstructured.Unstructured{}, s, cache.ReflectorOptions{
		Name: "guard", TypeDescription: at.resource.String(), Backoff: backoff(),
	}).RunWithContext(quiet)
	return nil
}
