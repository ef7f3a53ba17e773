package deploy

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"helm.sh/helm/v3/pkg/kube"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// restClients makes one REST client for each kind and keeps it. It is safe for
// concurrent use.
type restClients struct {
	factory cmdutil.Factory
	mu      sync.Mutex
	made    map[schema.GroupVersionKind]resource.RESTClient
}

func (r *restClients) of(mapping *meta.RESTMapping) (resource.RESTClient, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if client, ok := r.made[mapping.GroupVersionKind]; ok {
		return client, nil
	}
	client, err := r.factory.UnstructuredClientForMapping(mapping)
	if err != nil {
		return nil, err
	}
	r.made[mapping.GroupVersionKind] = client
	return client, nil
}

// Build turns a manifest into what Helm's actions work on, as Helm's own client
// does, from documents that are parsed once and clients that are made once.
// What it cannot do (an unknown kind, an object without a name, a server too
// old to validate) is left to Helm's client, so that its errors are helm's.
func (k *helmClient) Build(r io.Reader, validate bool) (kube.ResourceList, error) {
	validate = validate && !k.serverValidates
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read a manifest: %w", err)
	}
	if !validate {
		if list, err := k.build(string(text)); err == nil {
			return list, nil
		}
	}
	return k.Client.Build(bytes.NewReader(text), validate)
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
		client, err := k.clients.of(mapping)
		if err != nil {
			return nil, err
		}
		// The actions write labels and annotations into what they get.
		u := d.object.DeepCopy()
		if u.GetName() == "" {
			return nil, fmt.Errorf("%s without a name", gvk.Kind)
		}
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace && u.GetNamespace() == "" {
			u.SetNamespace(k.Namespace)
		}
		list = append(list, &resource.Info{
			Client: client, Mapping: mapping, Namespace: u.GetNamespace(), Name: u.GetName(), Object: u,
		})
	}
	return list, nil
}
