package deploy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Standing is what the cluster says of a release at one moment.
type Standing struct {
	// Status is how many of the newest revision's objects are ready.
	Status
	// Revision is helm's revision number; 0 where there is no such release.
	Revision int
	// Count is how many objects the revision has, hooks not counted.
	Count int
	// State is helm's word for it, such as deployed or pending-upgrade, and
	// Description what helm's record says of how that came.
	State, Description string
	// Chart is the chart's name and version, as in web-0.1.0.
	Chart string
	// Updated is when the revision was made.
	Updated time.Time
	// Failures are what no waiting cures, as Wait would tell it.
	Failures []Failure
}

// Standing reads once what Wait watches: the newest revision of a release, its
// objects and their pods. It writes nothing. A release that is not there is a
// Standing without a revision.
func (c *Cluster) Standing(ctx context.Context, name, namespace string) (Standing, error) {
	s := Standing{Status: Status{Release: name, Namespace: namespace}}
	last, err := c.last(ctx, namespace, name)
	if err != nil || last == nil {
		return s, err
	}
	s.Revision, s.State, s.Description = last.Version, last.Info.Status.String(), last.Info.Description
	s.Updated = last.Info.LastDeployed.Time
	if last.Chart != nil && last.Chart.Metadata != nil {
		s.Chart = last.Chart.Metadata.Name + "-" + last.Chart.Metadata.Version
	}
	rendered, err := c.describe(namespace, last.Manifest, last.Hooks, "")
	if err != nil {
		return s, err
	}
	s.Count = len(rendered.Objects)
	t := c.trackerOf(ctx, rendered)
	if err := c.seeOnce(ctx, t); err != nil {
		return s, fmt.Errorf("look at release %s: %w", name, err)
	}
	s.Status = t.status(name, namespace)
	if failed, _ := t.failures(time.Now()); len(failed) > 0 {
		s.Failures = c.withLogs(ctx, failed)
	}
	return s, nil
}

// seeOnce shows a tracker everything that its watches would begin with.
func (c *Cluster) seeOnce(ctx context.Context, t *tracker) error {
	var objects []Object
	for _, tg := range t.targets {
		objects = append(objects, tg.Object)
	}
	kinds, err := c.watched(objects)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	found := map[kindIn][]unstructured.Unstructured{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for at, selector := range kinds {
		g.Go(func() error {
			list, err := c.dynamic.Resource(at.resource).Namespace(at.namespace).List(ctx, metav1.ListOptions{FieldSelector: selector})
			if err != nil {
				return fmt.Errorf("list %s: %w", at.resource.GroupResource(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			found[at] = list.Items
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for at, items := range found {
		for i := range items {
			t.see(change{resource: at.resource, object: &items[i]})
		}
	}
	return nil
}
