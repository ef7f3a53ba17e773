package deploy

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
)

// atOnce is how many requests one release has in flight.
const atOnce = 16

// kindIn is a kind in one namespace, or cluster-wide where that is empty.
type kindIn struct {
	resource  schema.GroupVersionResource
	namespace string
}

// kindOf is where an object is listed.
func kindOf(info *resource.Info) kindIn { return kindIn{info.Mapping.Resource, info.Namespace} }

// byKind groups objects by where they are listed.
func (c *Cluster) byKind(objects []Object) (map[kindIn][]Object, error) {
	groups := map[kindIn][]Object{}
	for _, o := range objects {
		gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
		mapping, err := c.getter.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o, err)
		}
		at := kindIn{mapping.Resource, o.Namespace}
		groups[at] = append(groups[at], o)
	}
	return groups, nil
}

// missing lists the release's objects that the cluster does not have, or is
// deleting: one request for each kind and namespace, of metadata only. A job
// that the cluster removes by itself after its end is not missed.
func (c *Cluster) missing(ctx context.Context, r *Rendered) ([]Object, error) {
	var wanted []Object
	for i, o := range r.Objects {
		if o.Name != "" && !expires(r.docs[i].object) {
			wanted = append(wanted, o)
		}
	}
	groups, err := c.byKind(wanted)
	if meta.IsNoMatchError(err) {
		return wanted, nil // a kind is gone from the cluster, its objects with it
	}
	if err != nil {
		return nil, err
	}
	var (
		mu  sync.Mutex
		out []Object
	)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for at, objects := range groups {
		g.Go(func() error {
			have, err := c.present(ctx, at, objects)
			if err != nil {
				return fmt.Errorf("list %s: %w", at.resource.GroupResource(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, o := range objects {
				if !have[o.Name] {
					out = append(out, o)
				}
			}
			return nil
		})
	}
	return out, g.Wait()
}

// present names the objects of a kind that exist and are not being deleted.
func (c *Cluster) present(ctx context.Context, at kindIn, objects []Object) (map[string]bool, error) {
	if len(objects) <= fewObjects {
		return c.presentEach(ctx, at, objects)
	}
	opts := metav1.ListOptions{FieldSelector: withoutRecords(at)}
	list, err := c.metadata.Resource(at.resource).Namespace(at.namespace).List(ctx, opts)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	have := map[string]bool{}
	if list == nil {
		return have, nil
	}
	for _, item := range list.Items {
		have[item.Name] = item.DeletionTimestamp == nil
	}
	return have, nil
}

// presentEach is present for a few: the API server answers at once about an
// object, while a list waits until its cache is known to be fresh.
func (c *Cluster) presentEach(ctx context.Context, at kindIn, objects []Object) (map[string]bool, error) {
	var mu sync.Mutex
	have := map[string]bool{}
	g, ctx := errgroup.WithContext(ctx)
	for _, o := range objects {
		g.Go(func() error {
			found, err := c.metadata.Resource(at.resource).Namespace(at.namespace).Get(ctx, o.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			have[o.Name] = found.DeletionTimestamp == nil
			return nil
		})
	}
	return have, g.Wait()
}

// fewObjects is up to how many objects of a kind are read one by one, at once;
// above that the whole kind is listed.
const fewObjects = 8

// read gets the live state of objects, by Object.key. What is not there is not
// in the map.
func (c *Cluster) read(ctx context.Context, wanted kube.ResourceList) (map[string]*unstructured.Unstructured, error) {
	groups := map[kindIn]map[string]string{} // name -> key
	for _, info := range wanted {
		at := kindOf(info)
		if groups[at] == nil {
			groups[at] = map[string]string{}
		}
		groups[at][info.Name] = infoObject(info).key()
	}
	var mu sync.Mutex
	live := map[string]*unstructured.Unstructured{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for at, names := range groups {
		client := c.dynamic.Resource(at.resource).Namespace(at.namespace)
		if len(names) > fewObjects {
			g.Go(func() error {
				list, err := client.List(ctx, metav1.ListOptions{FieldSelector: withoutRecords(at)})
				if apierrors.IsNotFound(err) {
					return nil // the kind is gone, its objects with it
				}
				if err != nil {
					return fmt.Errorf("list %s: %w", at.resource.GroupResource(), err)
				}
				mu.Lock()
				defer mu.Unlock()
				for i := range list.Items {
					if key, ok := names[list.Items[i].GetName()]; ok {
						live[key] = &list.Items[i]
					}
				}
				return nil
			})
			continue
		}
		for name, key := range names {
			g.Go(func() error {
				u, err := client.Get(ctx, name, metav1.GetOptions{})
				if apierrors.IsNotFound(err) {
					return nil
				}
				if err != nil {
					return fmt.Errorf("get %s %s: %w", at.resource.GroupResource(), name, err)
				}
				mu.Lock()
				defer mu.Unlock()
				live[key] = u
				return nil
			})
		}
	}
	return live, g.Wait()
}

// withoutRecords keeps helm's own records, which may be large, out of a list.
func withoutRecords(at kindIn) string {
	if at.resource.Group == "" && at.resource.Resource == "secrets" {
		return "type!=helm.sh/release.v1"
	}
	return ""
}

func expires(u *unstructured.Unstructured) bool {
	if u.GetKind() != "Job" {
		return false
	}
	_, found, err := unstructured.NestedFieldNoCopy(u.Object, "spec", "ttlSecondsAfterFinished")
	return err == nil && found
}
