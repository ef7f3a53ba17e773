package deploy

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/kube"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/rest"
)

// restClients makes one REST client for each kind and keeps it. It is safe for
// concurrent use.
type restClients struct {
	getter *getter
	mu     sync.Mutex
	made   map[schema.GroupVersionKind]resource.RESTClient
}

func (r *restClients) of(mapping *meta.RESTMapping) (resource.RESTClient, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if client, ok := r.made[mapping.GroupVersionKind]; ok {
		return client, nil
	}
	client, err := r.through(mapping, nil)
	if err != nil {
		return nil, err
	}
	r.made[mapping.GroupVersionKind] = client
	return client, nil
}

// through makes a client like kubectl's for unstructured objects, on the process's
// connections. wrap, where it is given, puts something between.
func (r *restClients) through(mapping *meta.RESTMapping, wrap func(http.RoundTripper) http.RoundTripper) (resource.RESTClient, error) {
	config, err := r.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	gv := mapping.GroupVersionKind.GroupVersion()
	config.ContentConfig = resource.UnstructuredPlusDefaultContentConfig()
	config.GroupVersion, config.APIPath = &gv, "/apis"
	if gv.Group == "" {
		config.APIPath = "/api"
	}
	shared, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	if wrap != nil {
		own := *shared
		if own.Transport == nil {
			own.Transport = http.DefaultTransport
		}
		own.Transport = wrap(own.Transport)
		shared = &own
	}
	return rest.RESTClientForConfigAndClient(config, shared)
}

// Build turns a manifest into what Helm's actions work on, as Helm's own client
// does, from documents that are parsed once and clients that are made once.
// What it cannot do (an unknown kind, an object without a name, a server too
// old to validate) is left to Helm's client, so that its errors are helm's.
func (k *helmClient) Build(r io.Reader, validate bool) (kube.ResourceList, error) {
	validate = validate && !k.serverValidates
	var b strings.Builder
	if sized, ok := r.(interface{ Len() int }); ok {
		b.Grow(sized.Len())
	}
	if _, err := io.Copy(&b, r); err != nil {
		return nil, fmt.Errorf("read a manifest: %w", err)
	}
	text := b.String()
	if !validate {
		if list := k.spared(text); list != nil {
			return list, nil
		}
		list, err := k.build(text)
		if err == nil {
			k.spare(text, list)
			return list, nil
		}
	}
	k.spare("", nil)
	return k.Client.Build(strings.NewReader(text), validate)
}

// Before an upgrade Helm builds the new manifest only to see that it can be, throws
// the objects away and builds them again. The first ones are kept for that, once:
// whoever gets objects may write into them. This is called after each Build.
func (k *helmClient) spare(manifest string, list kube.ResourceList) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.checksFirst {
		k.checksFirst, k.checked, k.checkedText = false, list, manifest
	}
}

func (k *helmClient) spared(manifest string) kube.ResourceList {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.checked == nil || k.checkedText != manifest {
		return nil
	}
	list := k.checked
	k.checked, k.checkedText = nil, ""
	return list
}

func (k *helmClient) build(manifest string) (kube.ResourceList, error) {
	docs, err := k.docs.split(manifest)
	if err != nil {
		return nil, err
	}
	list := make(kube.ResourceList, 0, len(docs))
	for _, d := range docs {
		gvk := d.object.GroupVersionKind()
		mapping, err := k.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, err
		}
		if d.fault != nil {
			return nil, d.fault
		}
		u := withOwnMetadata(d.object)
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace && u.GetNamespace() == "" {
			u.SetNamespace(k.Namespace)
		}
		client, err := k.absent.client(mapping, u.GetNamespace())
		if err != nil {
			return nil, err
		}
		list = append(list, &resource.Info{
			Client: client, Mapping: mapping, Namespace: u.GetNamespace(), Name: u.GetName(), Object: u,
		})
	}
	k.absent.expect(list)
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, info := range list {
		k.documents[info] = docs[i].object
	}
	return list, nil
}

// decodes makes sure that an object has a name and that its metadata has the types
// it must have. Whoever reads a label that is a number finds no labels at all, and would lose the others
// without a word.
func decodes(u *unstructured.Unstructured) error {
	if u.GetName() == "" {
		return fmt.Errorf("%s without a name", u.GetKind())
	}
	var typed metav1.PartialObjectMetadata
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"metadata": u.Object["metadata"]}, &typed)
	if err != nil {
		return fmt.Errorf("metadata of %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	return nil
}

// withOwnMetadata is a copy into whose metadata can be written, as the actions do
// to put labels and annotations there. The rest is shared.
func withOwnMetadata(u *unstructured.Unstructured) *unstructured.Unstructured {
	object := maps.Clone(u.Object)
	if meta, ok := object["metadata"].(map[string]any); ok {
		object["metadata"] = maps.Clone(meta)
	}
	return &unstructured.Unstructured{Object: object}
}
