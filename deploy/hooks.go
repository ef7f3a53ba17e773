package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/resource"
)

// awaitHook waits until the jobs and pods of one hook have succeeded, as Helm
// does, but ends with ctx and fails as soon as one of them cannot run.
func (c *Cluster) awaitHook(ctx context.Context, release string, resources kube.ResourceList, most time.Duration) error {
	var objects []Object
	namespace := ""
	for _, info := range resources {
		o := infoObject(info)
		if o.Kind == "Job" || o.Kind == "Pod" {
			objects, namespace = append(objects, o), o.Namespace
		}
	}
	if len(objects) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := c.await(limited, release, namespace, newTracker(objects, c.opts.Patience, ended), nil)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("hook has not ended after %s: %w", most, err)
	}
	return err
}

// awaitGone waits until objects are no longer there.
func (c *Cluster) awaitGone(ctx context.Context, resources kube.ResourceList, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, info := range resources {
		g.Go(func() error {
			if err := c.awaitOneGone(ctx, kindOf(info), info.Name); err != nil {
				return fmt.Errorf("wait until %s is deleted: %w", infoObject(info), err)
			}
			return nil
		})
	}
	return g.Wait()
}

// awaitOneGone watches one object by name until the one that was asked to be
// deleted is gone. Another one of that name, with a newer identity, is not it.
func (c *Cluster) awaitOneGone(ctx context.Context, at kindIn, name string) error {
	client := c.dynamic.Resource(at.resource).Namespace(at.namespace)
	opts := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()}
	first := types.UID("")
	for {
		list, err := client.List(ctx, opts)
		if apierrors.IsNotFound(err) {
			return nil // its kind is gone
		}
		if err != nil {
			return err
		}
		if len(list.Items) == 0 || (first != "" && list.Items[0].GetUID() != first) {
			return nil
		}
		first = list.Items[0].GetUID()
		since := opts
		since.ResourceVersion = list.GetResourceVersion()
		w, err := client.Watch(ctx, since)
		if err != nil {
			return err
		}
		gone, err := untilGone(ctx, w)
		w.Stop()
		if gone || err != nil {
			return err
		}
	}
}

// untilGone is false where the watch ended before the object did.
func untilGone(ctx context.Context, w watch.Interface) (bool, error) {
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case e, ok := <-w.ResultChan():
			switch {
			case !ok || e.Type == watch.Error:
				return false, nil
			case e.Type == watch.Deleted:
				return true, nil
			}
		}
	}
}

func infoObject(info *resource.Info) Object {
	gvk := info.Mapping.GroupVersionKind
	return Object{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Namespace: info.Namespace, Name: info.Name}
}
