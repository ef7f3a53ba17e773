package filesync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// backIn is how long a container that ended while it was written to may take to
// run again.
const backIn = 10 * time.Second

// way leads into a container.
type way interface {
	// String names it for the user.
	String() string
	// write has a container hold the files, in this order. It gives errNoWay when
	// it does not lead there at all.
	write(ctx context.Context, c Container, files []file) error
	// signal sends a signal, as HUP, to the container's first process. It gives
	// errNoWay as write does.
	signal(ctx context.Context, c Container, name string) error
}

// errNoWay: another way has to be tried.
var errNoWay = errors.New("no way into the container")

// bring has a container hold the overlay of its image, as it is when its turn
// comes, and tells how many files that took. One that ends meanwhile needs none,
// but the one that runs in its place does.
func (s *Syncer) bring(ctx context.Context, c *cell, image string) (int, error) {
	n, err := s.give(ctx, c)
	if err == nil || ctx.Err() != nil || !s.ended(ctx, c) {
		return n, err
	}
	timeout := time.NewTimer(backIn)
	defer timeout.Stop()
	for {
		next, gone, changed := s.next(ctx, c)
		switch {
		case gone:
			return 0, nil
		case next != nil:
			return s.give(ctx, next)
		}
		select {
		case <-changed:
		case <-timeout.C:
			return 0, fmt.Errorf("%s ended while files of %s were copied into it and did not come back within %v", c, image, backIn)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// give is bring for a container that runs on.
func (s *Syncer) give(ctx context.Context, c *cell) (int, error) {
	if err := c.take(ctx); err != nil {
		return 0, err
	}
	defer c.leave()
	o := s.overlayOf(c)
	if o == nil {
		return 0, nil
	}
	todo := o.todo(c.holds)
	if len(todo) == 0 {
		return 0, nil
	}
	err := s.copy(ctx, c, o, todo)
	if err == nil || ctx.Err() != nil || s.ended(ctx, c) {
		return len(todo), err
	}
	for _, f := range o.files {
		if !f.original {
			return 0, err
		}
	}
	// The image is what it should be: the container can be started from it again.
	return 0, s.replace(ctx, c, "cannot be given its own files again ("+err.Error()+")")
}

func (s *Syncer) copy(ctx context.Context, c *cell, o *overlay, todo []file) error {
	if err := s.mark(ctx, c); err != nil {
		return err
	}
	for _, f := range todo {
		c.holds[f.path] = held{sum: "unknown"}
	}
	if err := s.through(ctx, c, func(w way) error { return w.write(ctx, c.Container, todo) }); err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	rules := make([]bool, len(o.Rules))
	for _, f := range todo {
		rules[f.rule] = true
	}
	for i, r := range o.Rules {
		if !rules[i] {
			continue
		}
		if len(r.Exec) > 0 {
			if err := s.exec.run(ctx, c.Container, nil, r.Exec...); err != nil {
				return fmt.Errorf("%s: exec: %w", c, err)
			}
		}
		if r.Signal != "" {
			if err := s.through(ctx, c, func(w way) error { return w.signal(ctx, c.Container, r.Signal) }); err != nil {
				return fmt.Errorf("%s: signal %s: %w", c, r.Signal, err)
			}
		}
	}
	for _, f := range todo {
		c.holds[f.path] = held{f.sum, f.prune}
	}
	return nil
}

// through tries the ways into a container until one leads there.
func (s *Syncer) through(ctx context.Context, c *cell, do func(way) error) error {
	var err error
	for _, w := range s.into(ctx) {
		if c.Apart && w != way(s.exec) {
			continue
		}
		if one := do(w); !errors.Is(one, errNoWay) {
			return one
		} else if err == nil {
			err = one
		}
	}
	return err
}

// mark notes on the pod, before the first write, that a container of it is not
// what its image says.
func (s *Syncer) mark(ctx context.Context, c *cell) error {
	if c.marked {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{mark(c.Name): c.ID}}})
	if err != nil {
		return fmt.Errorf("note on pod %s that files are copied into it: %w", c.Pod, err)
	}
	_, err = s.opts.Client.CoreV1().Pods(c.Namespace).Patch(ctx, c.Pod, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "devloop"})
	if err != nil {
		return fmt.Errorf("note on pod %s that files are copied into it: %w", c.Pod, err)
	}
	c.marked = true
	return nil
}

// ended asks the cluster whether a container runs no more.
func (s *Syncer) ended(ctx context.Context, c *cell) bool {
	pod, err := s.opts.Client.CoreV1().Pods(c.Namespace).Get(ctx, c.Pod, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return true
	}
	if err != nil {
		return false
	}
	now := cells(pod)[c.place]
	return now == nil || now.ID != c.ID
}

// next is the container that runs in the place of one that ended, nil for not
// yet, or tells that its pod is gone.
func (s *Syncer) next(ctx context.Context, c *cell) (next *cell, gone bool, changed <-chan struct{}) {
	s.mu.Lock()
	now := s.running[c.place]
	changed = s.changed
	s.mu.Unlock()
	if now != nil && now.ID != c.ID {
		return now, false, changed
	}
	pod, err := s.opts.Client.CoreV1().Pods(c.Namespace).Get(ctx, c.Pod, metav1.GetOptions{})
	gone = apierrors.IsNotFound(err) || err == nil && (pod.UID != c.place.pod || pod.DeletionTimestamp != nil)
	return nil, gone, changed
}

// replace has a pod made anew, where something does that.
func (s *Syncer) replace(ctx context.Context, c *cell, why string) error {
	if !c.owned {
		s.opts.Notice(fmt.Sprintf("pod %s %s, and nothing makes it anew: delete it and save once more", c.Pod, why))
		return nil
	}
	uid := c.place.pod
	err := s.opts.Client.CoreV1().Pods(c.Namespace).Delete(ctx, c.Pod, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("replace pod %s, which %s: %w", c.Pod, why, err)
	}
	s.opts.Notice(fmt.Sprintf("pod %s %s: it is replaced", c.Pod, why))
	return nil
}
