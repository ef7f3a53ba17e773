package deploy

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/kube"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"
)

// settled remembers of each object of a release at which resource version it was
// seen to need nothing, and by which document. While both are the same an upgrade
// need not read the object, only its version: a list of metadata costs a fraction
// of a list of objects. It is safe for concurrent use.
type settled struct {
	mu       sync.Mutex
	releases map[string]map[string]settledObject
}

type settledObject struct {
	version  string
	document *unstructured.Unstructured // by identity: equal texts are parsed once
}

// of is what is remembered of a release. It is not written to.
func (s *settled) of(release string) map[string]settledObject {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.releases[release]
}

// replace forgets what was remembered of a release.
func (s *settled) replace(release string, objects map[string]settledObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.releases == nil {
		s.releases = map[string]map[string]settledObject{}
	}
	if s.releases[release] = objects; len(objects) == 0 {
		delete(s.releases, release)
	}
}

// hopes are the objects of an update, by what they should need.
type hopes struct {
	// edited are those that the files have changed, or of which nothing is known.
	edited kube.ResourceList
	// many and few should need nothing, their document being that of the last
	// revision, which they were found to fit. Of a kind with many a list of versions
	// is cheaper than a look at each.
	many, few kube.ResourceList
}

func (k *helmClient) hopes(before map[string]*resource.Info, target kube.ResourceList) hopes {
	var h hopes
	var hopeful kube.ResourceList
	count := map[kindIn]int{}
	for _, info := range target {
		key := infoObject(info).key()
		was, document := before[key], k.document(info)
		if was == nil || document == nil || k.document(was) != document || k.known[key].document != document {
			h.edited = append(h.edited, info)
			continue
		}
		hopeful = append(hopeful, info)
		count[kindOf(info)]++
	}
	for _, info := range hopeful {
		if count[kindOf(info)] > fewObjects {
			h.many = append(h.many, info)
		} else {
			h.few = append(h.few, info)
		}
	}
	return h
}

// fitsStill: a live object is at the version at which it was found to fit its document.
func (k *helmClient) fitsStill(info *resource.Info, version string) bool {
	known := k.known[infoObject(info).key()]
	return version != "" && version == known.version && known.document != nil && k.document(info) == known.document
}

// unchanged finds those whose live version is still the one that was found to fit.
func (k *helmClient) unchanged(hopeful kube.ResourceList) (map[*resource.Info]bool, error) {
	groups := map[kindIn]kube.ResourceList{}
	for _, info := range hopeful {
		at := kindOf(info)
		groups[at] = append(groups[at], info)
	}
	var mu sync.Mutex
	same := map[*resource.Info]bool{}
	var g errgroup.Group
	g.SetLimit(atOnce)
	for at, infos := range groups {
		g.Go(func() error {
			versions, err := k.versions(at)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, info := range infos {
				same[info] = k.fitsStill(info, versions[info.Name])
			}
			return nil
		})
	}
	return same, g.Wait()
}

// settle notes that a live object is as its document wants it.
func (k *helmClient) settle(info *resource.Info, version string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if document := k.documents[info]; document != nil {
		k.fits[infoObject(info).key()] = settledObject{version, document}
	}
}

// document is what an object was built from; nil where Helm's client built it.
func (k *helmClient) document(info *resource.Info) *unstructured.Unstructured {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.documents[info]
}

// names are all objects of a kind.
func (c *Cluster) names(ctx context.Context, at kindIn) (map[string]bool, error) {
	list, err := c.metadata.Resource(at.resource).Namespace(at.namespace).List(ctx, metav1.ListOptions{FieldSelector: withoutRecords(at)})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", at.resource.GroupResource(), err)
	}
	out := make(map[string]bool, len(list.Items))
	for _, item := range list.Items {
		out[item.Name] = true
	}
	return out, nil
}

// versions are the resource versions of all objects of a kind that are not being
// deleted, by name.
func (c *Cluster) versions(ctx context.Context, at kindIn) (map[string]string, error) {
	list, err := c.metadata.Resource(at.resource).Namespace(at.namespace).List(ctx, metav1.ListOptions{FieldSelector: withoutRecords(at)})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", at.resource.GroupResource(), err)
	}
	out := make(map[string]string, len(list.Items))
	for _, item := range list.Items {
		if item.DeletionTimestamp == nil {
			out[item.Name] = item.ResourceVersion
		}
	}
	return out, nil
}
