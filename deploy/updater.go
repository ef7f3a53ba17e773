package deploy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/resource"
)

// fieldManager is the name under which objects are written; it is what
// managedFields show.
const fieldManager = "devloop"

// Update does what Helm's own client does with a changed release: it creates
// what is not there, patches what differs (three ways between the last
// manifest, the new one and the live object, so that edits by hand are undone)
// and deletes what the chart no longer has. It reads the live objects with one
// request for each kind instead of two for each object, computes the patches
// here, sends only those that change something, and sends those of one kind at
// once. Kinds keep helm's order.
func (k *helmClient) Update(original, target kube.ResourceList, force bool) (*kube.Result, error) {
	if force {
		return k.Client.Update(original, target, force)
	}
	old := map[string]*resource.Info{}
	for _, info := range original {
		old[infoObject(info).key()] = info
	}
	same, err := k.unchanged(old, target)
	if err != nil {
		return &kube.Result{}, fmt.Errorf("could not get information about the resources: %w", err)
	}
	live, err := k.live(slices.DeleteFunc(slices.Clone(target), func(info *resource.Info) bool { return same[info] }))
	if err != nil {
		return &kube.Result{}, fmt.Errorf("could not get information about the resources: %w", err)
	}
	defer func() { k.settled.replace(k.release, k.fits) }()
	var (
		mu      sync.Mutex
		res     = &kube.Result{}
		refused []string
	)
	err = inKindOrder(target, func(info *resource.Info) error {
		key := infoObject(info).key()
		if same[info] {
			k.settle(info, k.known[key].version)
			mu.Lock()
			res.Updated = append(res.Updated, info)
			mu.Unlock()
			return nil
		}
		now := live[key]
		if now == nil {
			mu.Lock()
			res.Created = append(res.Created, info)
			mu.Unlock()
			return k.create(info)
		}
		was := now
		if o := old[key]; o != nil {
			if u, ok := o.Object.(*unstructured.Unstructured); ok {
				was = u
			}
		}
		err := k.patch(info, was, now)
		mu.Lock()
		defer mu.Unlock()
		res.Updated = append(res.Updated, info)
		if err != nil {
			refused = append(refused, err.Error())
		}
		return nil // the other objects are still updated, as with helm
	})
	switch {
	case err != nil:
		return res, err
	case len(refused) > 0:
		return res, errors.New(strings.Join(refused, " && "))
	}
	keep := map[string]bool{}
	for _, info := range target {
		keep[infoObject(info).key()] = true
	}
	for _, info := range original {
		if !keep[infoObject(info).key()] && k.remove(info) {
			res.Deleted = append(res.Deleted, info)
		}
	}
	return res, nil
}

// Create makes objects as Helm's own client does: those of one kind at once,
// and the others in spite of one that fails.
func (k *helmClient) Create(resources kube.ResourceList) (*kube.Result, error) {
	defer func() { k.settled.replace(k.release, k.fits) }()
	var (
		mu     sync.Mutex
		failed []error
	)
	_ = inKindOrder(resources, func(info *resource.Info) error {
		if err := k.create(info); err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed = append(failed, err)
		}
		return nil
	})
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return &kube.Result{Created: resources}, nil
}

// inKindOrder works on runs of one kind at once and on the runs one after the
// other.
func inKindOrder(list kube.ResourceList, do func(*resource.Info) error) error {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Mapping.GroupVersionKind == list[0].Mapping.GroupVersionKind {
			n++
		}
		var g errgroup.Group
		g.SetLimit(atOnce)
		for _, info := range list[:n] {
			g.Go(func() error { return do(info) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (k *helmClient) create(info *resource.Info) error {
	k.absent.end()
	obj, err := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(fieldManager).Create(info.Namespace, true, info.Object)
	if err != nil {
		return fmt.Errorf("create %s: %w", infoObject(info), err)
	}
	k.note(&k.written, info)
	return k.fitted(info, obj)
}

// fitted notes the live object, which is as it should be now.
func (k *helmClient) fitted(info *resource.Info, live runtime.Object) error {
	if acc, ok := live.(metav1.Object); ok {
		k.settle(info, acc.GetResourceVersion())
	}
	return info.Refresh(live, true)
}

// patch sends what has to change in the live object, or nothing.
func (k *helmClient) patch(info *resource.Info, was, now *unstructured.Unstructured) error {
	body, kind, err := threeWay(info, was, now)
	if err != nil {
		return fmt.Errorf("cannot patch %q with kind %s: %w", info.Name, info.Mapping.GroupVersionKind.Kind, err)
	}
	if body == nil {
		return k.fitted(info, now)
	}
	obj, err := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(fieldManager).Patch(info.Namespace, info.Name, kind, body, nil)
	if err != nil {
		return fmt.Errorf("cannot patch %q with kind %s: %w", info.Name, info.Mapping.GroupVersionKind.Kind, err)
	}
	if acc, ok := obj.(metav1.Object); !ok || acc.GetResourceVersion() != now.GetResourceVersion() {
		k.note(&k.written, info)
	}
	return k.fitted(info, obj)
}

// remove deletes an object that the chart no longer has, unless it asks to be
// kept. As with helm a failure is not the release's: it is logged.
func (k *helmClient) remove(info *resource.Info) bool {
	if err := info.Get(); err != nil {
		k.Log("unable to get %s: %v", infoObject(info), err)
		return false
	}
	if acc, ok := info.Object.(metav1.Object); ok && acc.GetAnnotations()[kube.ResourcePolicyAnno] == kube.KeepPolicy {
		k.Log("%s is kept, as its %s says", infoObject(info), kube.ResourcePolicyAnno)
		return false
	}
	background := metav1.DeletePropagationBackground
	_, err := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(fieldManager).
		DeleteWithOptions(info.Namespace, info.Name, &metav1.DeleteOptions{PropagationPolicy: &background})
	if err != nil && !apierrors.IsNotFound(err) {
		k.Log("failed to delete %s: %v", infoObject(info), err)
		return false
	}
	k.note(&k.removed, info)
	return true
}

func (k *helmClient) note(list *[]Object, info *resource.Info) {
	k.mu.Lock()
	defer k.mu.Unlock()
	*list = append(*list, infoObject(info))
}
