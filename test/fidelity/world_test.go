//go:build sandbox

package fidelity

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// world is the cluster as the tests look at it: with clients that are neither
// devloop's nor helm's.
type world struct {
	kubeconfig string
	config     *rest.Config
	kube       kubernetes.Interface
	dynamic    dynamic.Interface
	builtin    []schema.GroupVersionResource // all kinds of the API server itself that live in namespaces

	mapperMu sync.Mutex
	mapper   *restmapper.DeferredDiscoveryRESTMapper

	poolMu sync.Mutex
	pool   []*arena
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{kubeconfig: os.Getenv("KUBECONFIG")}
	config, err := clientcmd.BuildConfigFromFlags("", w.kubeconfig)
	if err != nil {
		t.Fatalf("KUBECONFIG must name the sandbox cluster: %v", err)
	}
	config.QPS = -1
	w.config = config
	if w.kube, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	if w.dynamic, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	w.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(w.kube.Discovery()))
	nodes, err := w.kube.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := importImage(nodes.Items[0]); err != nil {
		t.Fatal(err)
	}
	if w.builtin, err = w.namespacedKinds(); err != nil {
		t.Fatal(err)
	}
	return w
}

// namespacedKinds are the API server's own kinds that live in namespaces and
// can be listed. Those that only controllers write are left out.
func (w *world) namespacedKinds() ([]schema.GroupVersionResource, error) {
	lists, err := w.kube.Discovery().ServerPreferredNamespacedResources()
	if err != nil {
		return nil, fmt.Errorf("list the cluster's kinds: %w", err)
	}
	var out []schema.GroupVersionResource
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		if strings.Contains(gv.Group, ".") && !strings.HasSuffix(gv.Group, ".k8s.io") {
			continue
		}
		for _, r := range list.APIResources {
			switch r.Name {
			case "events", "endpoints", "endpointslices", "leases", "controllerrevisions":
				continue
			}
			if strings.Contains(r.Verbs.String(), "list") {
				out = append(out, gv.WithResource(r.Name))
			}
		}
	}
	return out, nil
}

// resource finds what "resource.group" or a kind means, and whether it lives in
// namespaces. Custom kinds come and go: an unknown one is looked for afresh.
func (w *world) resource(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	w.mapperMu.Lock()
	defer w.mapperMu.Unlock()
	mapping, err := w.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		w.mapper.Reset()
		mapping, err = w.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	return mapping, err
}

// named splits resource[.group]/name, as kubectl takes it.
func (w *world) named(ref string) (schema.GroupVersionResource, string, error) {
	kind, name, ok := strings.Cut(ref, "/")
	if !ok {
		return schema.GroupVersionResource{}, "", fmt.Errorf("%q is not resource.group/name", ref)
	}
	resource, group, _ := strings.Cut(kind, ".")
	w.mapperMu.Lock()
	defer w.mapperMu.Unlock()
	partial := schema.GroupVersionResource{Group: group, Resource: resource}
	gvr, err := w.mapper.ResourceFor(partial)
	if meta.IsNoMatchError(err) {
		w.mapper.Reset()
		gvr, err = w.mapper.ResourceFor(partial)
	}
	return gvr, name, err
}

// removeClusterWide deletes what an arena's charts may have left outside of
// namespaces: the objects of the given kinds whose names hold the arena's.
func (w *world) removeClusterWide(ctx context.Context, kinds []schema.GroupVersionResource, part string) error {
	for _, gvr := range kinds {
		list, err := w.dynamic.Resource(gvr).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, o := range list.Items {
			if !strings.Contains(o.GetName(), part) || o.GetDeletionTimestamp() != nil {
				continue
			}
			if err := w.dynamic.Resource(gvr).Delete(ctx, o.GetName(), metav1.DeleteOptions{}); err != nil {
				return err
			}
		}
	}
	return nil
}
