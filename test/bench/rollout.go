package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/observe"
	"github.com/devloop-dev/devloop/test/bench/workshop"
)

// smsPods is how many pods examples/sms-checker has.
const smsPods = 4

// rollout does something that gives the app's Deployments another image. It says
// when it began, when the last of them had the image and when the last was ready
// with it.
func (b *bench) rollout(ctx context.Context, namespace string, do func(ctx context.Context) error) (start time.Time, seen []time.Time, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sightings []*observe.Sighting
	for _, name := range workshop.Apps() {
		d, err := b.client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return start, nil, fmt.Errorf("read deployment %s: %w", name, err)
		}
		other := observe.Image(d.Spec.Template.Spec.Containers[0].Image)
		s, err := b.observer.Expect(ctx, observe.Deployment(namespace, name), other, observe.Both(other, observe.Ready(1)))
		if err != nil {
			return start, nil, err
		}
		sightings = append(sightings, s)
	}
	start = time.Now()
	if err := do(ctx); err != nil {
		return start, nil, err
	}
	seen = make([]time.Time, 2)
	for _, s := range sightings {
		at, err := s.Wait()
		if err != nil {
			return start, nil, err
		}
		for i := range seen {
			if at[i].After(seen[i]) {
				seen[i] = at[i]
			}
		}
	}
	return start, seen, nil
}

// footprint is all of a namespace that a restart, an upgrade or a write would
// change: pods with the starts of their containers, config maps, secrets and with
// them helm's revisions.
func (b *bench) footprint(ctx context.Context, namespace string) (map[string]string, error) {
	all, err := b.observer.Versions(ctx, namespace)
	if err != nil {
		return nil, err
	}
	pods, err := b.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the pods of %s: %w", namespace, err)
	}
	for _, pod := range pods.Items {
		restarts := int32(0)
		for _, c := range pod.Status.ContainerStatuses {
			restarts += c.RestartCount
		}
		all["pods/"+pod.Name] = fmt.Sprint(pod.UID, " ", restarts)
	}
	deployments, err := b.client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the deployments of %s: %w", namespace, err)
	}
	for _, d := range deployments.Items {
		all["deployments/"+d.Name] = fmt.Sprint(d.Generation)
	}
	return all, nil
}

// differing counts the keys that are not in both or have another value.
func differing(before, after map[string]string) float64 {
	n := 0
	for key, value := range after {
		if was, in := before[key]; !in || was != value {
			n++
		}
	}
	for key := range before {
		if _, in := after[key]; !in {
			n++
		}
	}
	return float64(n)
}
