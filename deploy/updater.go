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
	"k8s.io/apimachinery/pkg/types"
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
// once. Kinds keep helm's order, except that what the files have not changed since
// it was found to be in place is looked at, and corrected, after what they have.
func (k *helmClient) Update(original, target kube.ResourceList, force bool) (*kube.Result, error) {
	if force || twice(target) {
		// What is in a manifest twice is written twice, and the last one counts:
		// Helm's own client does it one after the other.
		res, err := k.Client.Update(original, target, force)
		if res != nil {
			for _, info := range append(slices.Clone(res.Created), res.Updated...) {
				k.note(&k.written, info)
			}
		}
		return res, err
	}
	old := map[string]*resource.Info{}
	for _, info := range original {
		old[infoObject(info).key()] = info
	}
	defer func() { k.settled.replace(k.release, k.fits) }()
	u := &update{helmClient: k, old: old, res: &kube.Result{}}
	if err := u.run(target); err != nil {
		return u.res, err
	}
	res := u.res
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

// refusals are the objects that could not be updated, in helm's form.
type refusals []error

func (r refusals) Error() string {
	var texts []string
	for _, err := range r {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, " && ")
}

func (r refusals) Unwrap() []error { return r }

// UpdateThreeWayMerge is what Helm's install asks for when it takes objects over:
// Update, with custom resources compared with the live object, too.
func (k *helmClient) UpdateThreeWayMerge(original, target kube.ResourceList, force bool) (*kube.Result, error) {
	return k.Update(original, target, force)
}

// Create makes objects as Helm's own client does: those of one kind at once,
// and the others in spite of one that fails.
func (k *helmClient) Create(resources kube.ResourceList) (*kube.Result, error) {
	defer func() { k.settled.replace(k.release, k.fits) }()
	var (
		mu     sync.Mutex
		failed []error
	)
	_ = inKindOrder(resources, together, func(info *resource.Info) error {
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
// other. What must be done alone is a run of its own.
func inKindOrder(list kube.ResourceList, alone func(*resource.Info) bool, do func(*resource.Info) error) error {
	for len(list) > 0 {
		n := 1
		for n < len(list) && !alone(list[0]) && !alone(list[n]) && list[n].Mapping.GroupVersionKind == list[0].Mapping.GroupVersionKind {
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

// together lets all objects of a kind go at once.
func together(*resource.Info) bool { return false }

// twice: an object is in the list more than once.
func twice(list kube.ResourceList) bool {
	seen := map[string]bool{}
	for _, info := range list {
		key := infoObject(info).key()
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

func (k *helmClient) create(info *resource.Info) error {
	k.absent.end()
	helper := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(fieldManager)
	obj, err := helper.Create(info.Namespace, true, info.Object)
	if apierrors.IsAlreadyExists(err) && k.leftover(info) {
		if err = k.delete(info); err == nil {
			obj, err = helper.Create(info.Namespace, true, info.Object)
		}
	}
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
	if k.fitsStill(info, now.GetResourceVersion()) {
		return k.fitted(info, now)
	}
	body, kind, err := threeWay(info, was, now)
	if wanted, ok := info.Object.(*unstructured.Unstructured); ok && err == nil && k.adopt && was == wanted && kind == types.MergePatchType {
		body, err = mergeThreeWay(wanted, now) // the manifest has no last version to compare with
	}
	if err != nil {
		return fmt.Errorf("%s: %w", cannotPatch(infoObject(info)), err)
	}
	if body == nil {
		return k.fitted(info, now)
	}
	obj, err := k.send(info, kind, body)
	if err != nil {
		if wanted, ok := info.Object.(*unstructured.Unstructured); ok {
			err = asImmutable(err, infoObject(info), was, wanted)
		}
		return fmt.Errorf("%s: %w", cannotPatch(infoObject(info)), err)
	}
	if acc, ok := obj.(metav1.Object); !ok || acc.GetResourceVersion() != now.GetResourceVersion() {
		k.note(&k.written, info)
		k.edited(info, now, obj)
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
