package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"helm.sh/helm/v3/pkg/release"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Labelled names the releases of a namespace whose newest record has all of the
// labels, in order; see Release.Labels. It takes one request.
func (c *Cluster) Labelled(ctx context.Context, namespace string, want map[string]string) ([]string, error) {
	// The newest record of a release is never superseded.
	list, err := c.metadata.Resource(secretResource).Namespace(namespace).List(ctx, metav1.ListOptions{
		LabelSelector: "owner=helm,status!=" + release.StatusSuperseded.String(),
	})
	if err != nil {
		return nil, fmt.Errorf("list the releases of namespace %s: %w", namespace, err)
	}
	newest := map[string]*record{}
	for _, item := range list.Items {
		rec, name := &record{labels: item.Labels}, item.Labels["name"]
		if before := newest[name]; before == nil || before.revision() < rec.revision() {
			newest[name] = rec
		}
	}
	maps.DeleteFunc(newest, func(_ string, rec *record) bool {
		return rec.labels["status"] == release.StatusUninstalled.String() || !labels.SelectorFromSet(want).Matches(labels.Set(rec.labels))
	})
	return slices.Sorted(maps.Keys(newest)), nil
}
