package deploy

import (
	"fmt"
	"slices"

	"helm.sh/helm/v3/pkg/release"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/resource"
)

// holdsMore are kinds whose deletion takes more with it than comes back: data,
// or all objects of a kind or namespace. They are never made anew.
var holdsMore = map[schema.GroupKind]bool{
	{Kind: "PersistentVolumeClaim"}: true, {Kind: "PersistentVolume"}: true, {Kind: "Namespace"}: true,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: true,
}

// send patches an object. With force one that cannot be patched so is replaced,
// as helm's --force does it, and where that cannot be either, because of fields
// that never change, it is deleted and made anew.
func (k *helmClient) send(info *resource.Info, kind types.PatchType, body []byte) (runtime.Object, error) {
	helper := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(fieldManager)
	obj, err := helper.Patch(info.Namespace, info.Name, kind, body, nil)
	if err == nil || !k.force || !apierrors.IsInvalid(err) {
		return obj, err
	}
	replaced, replaceErr := helper.Replace(info.Namespace, info.Name, true, info.Object.DeepCopyObject())
	if replaceErr == nil {
		return replaced, nil
	}
	// That the patch fails for nothing else says that the object is valid.
	if len(immutable(err)) == 0 || holdsMore[info.Mapping.GroupVersionKind.GroupKind()] {
		return nil, err
	}
	if err := k.delete(info); err != nil {
		return nil, err
	}
	made, err := helper.Create(info.Namespace, true, info.Object)
	if err != nil {
		return nil, fmt.Errorf("make it anew after its deletion: %w", err)
	}
	return made, nil
}

// delete deletes an object and waits until it is gone.
func (k *helmClient) delete(info *resource.Info) error {
	background := metav1.DeletePropagationBackground
	_, err := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(fieldManager).
		DeleteWithOptions(info.Namespace, info.Name, &metav1.DeleteOptions{PropagationPolicy: &background})
	if err == nil || apierrors.IsNotFound(err) {
		err = k.vanish(info)
	}
	if err != nil {
		return fmt.Errorf("delete it to make it anew: %w", err)
	}
	return nil
}

// leftover says whether a hook's job or pod that exists already was left by an
// earlier run of a hook.
func (k *helmClient) leftover(info *resource.Info) bool {
	if !isHookRun(info.Object) {
		return false
	}
	live, err := resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name)
	return err == nil && isHookRun(live)
}

func isHookRun(object runtime.Object) bool {
	u, ok := object.(*unstructured.Unstructured)
	return ok && (u.GetKind() == "Job" || u.GetKind() == "Pod") && u.GetAnnotations()[release.HookAnnotation] != ""
}

// hasUpgradeHooks says whether an upgrade of the release runs anything.
func hasUpgradeHooks(r *release.Release) bool {
	return slices.ContainsFunc(r.Hooks, func(h *release.Hook) bool {
		return slices.Contains(h.Events, release.HookPreUpgrade) || slices.Contains(h.Events, release.HookPostUpgrade)
	})
}
