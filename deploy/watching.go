package deploy

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

var (
	podResource   = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	eventResource = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	setResource   = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
)

// change is one object as a watch saw it, or a watch that cannot work.
type change struct {
	resource schema.GroupVersionResource
	object   *unstructured.Unstructured
	gone     bool
	err      error
}

// watch sends every object of a kind, and each change of it, until ctx ends. A
// field selector narrows it down; it may be empty. The first list is read from
// the API server's newest state, so what was written before is seen.
func (c *Cluster) watch(ctx context.Context, at kindIn, selector string, out chan<- change) error {
	informer := dynamicinformer.NewFilteredDynamicInformer(c.dynamic, at.resource, at.namespace, 0, cache.Indexers{},
		func(opts *metav1.ListOptions) { opts.FieldSelector = selector }).Informer()
	send := func(ch change) {
		ch.resource = at.resource
		select {
		case out <- ch:
		case <-ctx.Done():
		}
	}
	seen := func(obj any, gone bool) {
		if late, ok := obj.(cache.DeletedFinalStateUnknown); ok {
			obj = late.Obj
		}
		if u, ok := obj.(*unstructured.Unstructured); ok {
			send(change{object: u, gone: gone})
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { seen(obj, false) },
		UpdateFunc: func(_, obj any) { seen(obj, false) },
		DeleteFunc: func(obj any) { seen(obj, true) },
	})
	if err != nil {
		return err
	}
	err = informer.SetWatchErrorHandlerWithContext(func(ctx context.Context, _ *cache.Reflector, err error) {
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) {
			send(change{err: fmt.Errorf("watch %s in namespace %q: %w", at.resource.GroupResource(), at.namespace, err)})
			return
		}
		c.opts.Log.DebugContext(ctx, "watch broke and starts again", "resource", at.resource.String(), "err", err)
	})
	if err != nil {
		return err
	}
	informer.RunWithContext(ctx)
	return nil
}
