package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

// podEvent tells what became of a namespace's pods.
type podEvent struct {
	namespace string
	all       []corev1.Pod // with listed: every pod there is
	listed    bool
	ahead     time.Duration // with listed: the cluster's clock is, of this machine's
	pod       *corev1.Pod
	deleted   bool
}

// podWatch lists the pods of a namespace and watches them from there. A watch
// that ends is resumed where it was; when the server no longer knows that
// place, the pods are listed again.
type podWatch struct {
	client    kubernetes.Interface
	namespace string
	emit      func(context.Context, podEvent) error
	failed    func(error) // nil: it works
}

const longestPause = 5 * time.Second

// run returns when ctx ends.
func (w *podWatch) run(ctx context.Context) {
	pause := firstWait
	for version := ""; ctx.Err() == nil; {
		var err error
		if version == "" {
			version, err = w.list(ctx)
		} else {
			version, err = w.watch(ctx, version)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			w.failed(nil)
			pause = firstWait
			continue
		}
		w.failed(err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		pause = min(2*pause, longestPause)
	}
}

func (w *podWatch) list(ctx context.Context) (version string, err error) {
	list, err := w.client.CoreV1().Pods(w.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("listing the pods of namespace %s: %w", w.namespace, err)
	}
	return list.ResourceVersion, w.emit(ctx, podEvent{namespace: w.namespace, listed: true, ahead: ahead(ctx, w.client), all: list.Items})
}

// watch goes on from version until the server ends the watch, and returns
// where to go on, or "" when only a list can tell.
func (w *podWatch) watch(ctx context.Context, version string) (next string, err error) {
	in, err := w.client.CoreV1().Pods(w.namespace).Watch(ctx, metav1.ListOptions{
		ResourceVersion:     version,
		AllowWatchBookmarks: true,
	})
	if err != nil {
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			return "", errEnded
		}
		return version, fmt.Errorf("watching the pods of namespace %s: %w", w.namespace, err)
	}
	defer in.Stop()
	got := false
	for ev := range in.ResultChan() {
		if ev.Type == watch.Error {
			err := apierrors.FromObject(ev.Object)
			if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
				return "", errEnded
			}
			return "", fmt.Errorf("watching the pods of namespace %s: %w", w.namespace, err)
		}
		pod, ok := ev.Object.(*corev1.Pod)
		if !ok {
			continue
		}
		got = true
		version = pod.ResourceVersion
		if ev.Type == watch.Bookmark {
			continue
		}
		if err := w.emit(ctx, podEvent{namespace: w.namespace, pod: pod, deleted: ev.Type == watch.Deleted}); err != nil {
			return version, err
		}
	}
	if !got {
		return version, errEnded
	}
	return version, nil
}

// errEnded is part of a watch's life. It asks for a pause all the same, lest a
// server that ends each watch at once be asked all the time.
var errEnded = errors.New("the watch ended")
