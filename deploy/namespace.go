package deploy

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// madeLabel marks a namespace that a Cluster made, and may remove.
const madeLabel = "devloop.dev/made"

// makeNamespace makes a namespace where it is missing: with the label "name"
// that helm's --create-namespace gives, and with one of our own, by which
// RemoveNamespace knows it again. One that is being deleted is awaited and made
// anew.
func (c *Cluster) makeNamespace(ctx context.Context, name string) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"name": name, madeLabel: "true"}}}
	have, err := c.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err == nil && have.DeletionTimestamp != nil {
		err = c.awaitOneGone(ctx, kindIn{resource: corev1.SchemeGroupVersion.WithResource("namespaces")}, name)
	}
	if err == nil || apierrors.IsNotFound(err) {
		_, err = c.client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
	}
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make namespace %s: %w", name, err)
	}
	return nil
}

// RemoveNamespace removes a namespace that a Cluster made, with what is left in
// it, unless another Helm release lives there. removed tells whether it did; a
// namespace made by somebody else stays. It does not wait until it is gone.
func (c *Cluster) RemoveNamespace(ctx context.Context, name string) (removed bool, err error) {
	ns, err := c.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && (ns.Labels[madeLabel] != "true" || ns.DeletionTimestamp != nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remove namespace %s: %w", name, err)
	}
	others, err := c.client.CoreV1().Secrets(name).List(ctx, metav1.ListOptions{LabelSelector: "owner=helm", Limit: 1})
	if err != nil {
		return false, fmt.Errorf("remove namespace %s: %w", name, err)
	}
	if len(others.Items) > 0 {
		return false, nil
	}
	only := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(ns.UID))}
	if err := c.client.CoreV1().Namespaces().Delete(ctx, name, only); err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("remove namespace %s: %w", name, err)
	}
	return true, nil
}
