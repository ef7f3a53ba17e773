package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lookOnce judges every object as it is now, and returns what could not be put
// back.
func (g *guard) lookOnce(ctx context.Context) error {
	for at, claims := range g.ownerKinds() {
		list, err := g.cluster.dynamic.Resource(at.resource).Namespace(at.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			g.cannotWatch(at)(err)
			continue
		}
		for i := range list.Items {
			g.owners.set(ownerIn{at, list.Items[i].GetName()}, claims.claims(&list.Items[i]))
		}
	}
	var due []*ward
	for _, w := range g.wards {
		due = append(due, w)
	}
	slices.SortFunc(due, func(a, b *ward) int { return a.order - b.order })
	var failed []error
	tell := g.tell
	g.tell = func(d Drift) {
		if d.Err != nil {
			failed = append(failed, errors.New(d.String()))
		}
		tell(d)
	}
	if err := g.round(ctx, due); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("drift: %w", errors.Join(failed...))
	}
	return nil
}
