package filesync

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// podWatch knows the running containers of a namespace.
type podWatch struct {
	stop   context.CancelFunc
	listed chan struct{} // closed when all that ran at the start are known
}

// watch begins to watch a namespace. The lock is held.
func (s *Syncer) watch(namespace string) *podWatch {
	w := &podWatch{listed: make(chan struct{})}
	pods := cache.NewListWatchFromClient(s.opts.Client.CoreV1().RESTClient(), "pods", namespace, fields.Everything())
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: pods, ObjectType: &corev1.Pod{}, Transform: lean,
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(pod any) { s.seen(pod) },
			UpdateFunc: func(_, pod any) { s.seen(pod) },
			DeleteFunc: func(pod any) {
				if last, ok := pod.(cache.DeletedFinalStateUnknown); ok {
					pod = last.Obj
				}
				if p, ok := pod.(*corev1.Pod); ok {
					s.take(p.UID, nil)
				}
			},
		},
	})
	var g errgroup.Group
	w.stop = s.work(func(ctx context.Context) {
		g.Go(func() error {
			if cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
				close(w.listed)
			}
			return nil
		})
		informer.RunWithContext(ctx)
		_ = g.Wait()
		s.forget(namespace)
	})
	return w
}

// lean is a pod as it is kept: without what nobody asks for.
func lean(pod any) (any, error) {
	if p, ok := pod.(*corev1.Pod); ok {
		p.ManagedFields = nil
	}
	return pod, nil
}

func (s *Syncer) seen(pod any) {
	if p, ok := pod.(*corev1.Pod); ok {
		s.take(p.UID, cells(p))
	}
}

// take takes over which containers of a pod run now, and gives new ones their
// files.
func (s *Syncer) take(pod types.UID, now map[place]*cell) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, was := range s.running {
		if at.pod == pod && (now[at] == nil || now[at].ID != was.ID) {
			delete(s.running, at)
		}
	}
	for at, c := range now {
		if was := s.running[at]; was != nil {
			was.labels = c.labels
			continue
		}
		s.running[at] = c
		s.work(func(ctx context.Context) { s.late(ctx, c) })
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// forget drops what is known of a namespace.
func (s *Syncer) forget(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, c := range s.running {
		if c.Namespace == namespace {
			delete(s.running, at)
		}
	}
}

// late gives a container that has just started its files.
func (s *Syncer) late(ctx context.Context, c *cell) {
	o, err := s.overlayOf(c), error(nil)
	if o == nil {
		return
	}
	if _, err = s.give(ctx, c); err == nil || ctx.Err() != nil || s.ended(ctx, c) {
		return
	}
	select {
	case s.failures <- Failure{o.Image, o.Ref, fmt.Errorf("a new container: %w", err)}:
	case <-ctx.Done():
	}
}
