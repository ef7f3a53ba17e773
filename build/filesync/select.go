package filesync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

// Selector selects the pods of a workload.
type Selector struct {
	Namespace string
	Labels    labels.Selector
}

// listedIn is how long the list of a namespace's pods may take.
const listedIn = 10 * time.Second

// Select says which pods belong to a release; none when it is gone. It returns
// when all that run now are known. A pod that holds files which an earlier
// process copied into it is replaced: nobody knows what it runs.
func (s *Syncer) Select(ctx context.Context, release string, pods []Selector) error {
	select {
	case <-s.begun:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	s.selected[release] = pods
	if len(pods) == 0 {
		delete(s.selected, release)
	}
	var listed []<-chan struct{}
	wanted := map[string]bool{}
	for _, sel := range slices.Concat(slices.Collect(maps.Values(s.selected))...) {
		wanted[sel.Namespace] = true
		if s.watched[sel.Namespace] == nil {
			s.watched[sel.Namespace] = s.watch(sel.Namespace)
		}
	}
	for namespace, w := range s.watched {
		if !wanted[namespace] {
			w.stop()
			delete(s.watched, namespace)
			continue
		}
		listed = append(listed, w.listed)
	}
	s.mu.Unlock()
	if len(pods) == 0 {
		return nil
	}
	s.into(ctx)
	limited, cancel := context.WithTimeoutCause(ctx, listedIn, fmt.Errorf("they cannot be listed within %v", listedIn))
	defer cancel()
	for _, l := range listed {
		select {
		case <-l:
		case <-limited.Done():
			return fmt.Errorf("look for the pods of release %s: %w", release, context.Cause(limited))
		}
	}
	for _, c := range s.meant("") {
		if !c.stale {
			continue
		}
		if err := s.replace(ctx, c, "holds files that were copied into it before devloop was started"); err != nil {
			return err
		}
	}
	return nil
}

// meant are the running containers of selected pods with an image of this
// reference, any for none.
func (s *Syncer) meant(ref string) (found []*cell) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.running {
		if (ref == "" || c.ref == ref) && s.selects(c) {
			found = append(found, c)
		}
	}
	return found
}

func (s *Syncer) selects(c *cell) bool {
	for _, list := range s.selected {
		for _, sel := range list {
			if sel.Namespace == c.Namespace && sel.Labels.Matches(labels.Set(c.labels)) {
				return true
			}
		}
	}
	return false
}

// overlayOf is the overlay that a container is to hold now.
func (s *Syncer) overlayOf(c *cell) *overlay {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.overlays {
		if o.ref == c.ref && s.selects(c) {
			return o
		}
	}
	return nil
}
