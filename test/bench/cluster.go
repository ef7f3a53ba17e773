package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// namespace makes a namespace that is removed after the scenario.
func (b *bench) namespace(ctx context.Context, name string) (string, error) {
	name = "bench-" + b.id + "-" + name
	_, err := b.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("make namespace %s: %w", name, err)
	}
	b.removals = append(b.removals, func(ctx context.Context) error {
		return remove(ctx, b.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}), name)
	})
	return name, nil
}

// removeDefinitions has the custom resource definitions of a group removed after
// the scenario.
func (b *bench) removeDefinitions(group string) {
	client := b.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	b.removals = append(b.removals, func(ctx context.Context) error {
		list, err := client.List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("list custom resource definitions: %w", err)
		}
		for _, item := range list.Items {
			if of, _, _ := unstructured.NestedString(item.Object, "spec", "group"); of != group {
				continue
			}
			if err := remove(ctx, client, item.GetName()); err != nil {
				return err
			}
		}
		return nil
	})
}

// remove deletes an object and blocks until it is gone.
func remove(ctx context.Context, client dynamic.ResourceInterface, name string) error {
	w, err := client.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()})
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	defer w.Stop()
	if err := client.Delete(ctx, name, metav1.DeleteOptions{}); apierrors.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	for e := range w.ResultChan() {
		if e.Type == watch.Deleted {
			return nil
		}
	}
	return fmt.Errorf("remove %s: it is not gone: %w", name, ctx.Err())
}
