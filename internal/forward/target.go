package forward

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

// Target is a port in the cluster and the local port that leads to it.
type Target struct {
	Namespace string
	// Service is the name of a service, or KIND/NAME of what runs the pods: pod,
	// deployment, statefulset or daemonset.
	Service string
	// Port is the service's by number or name; the container's where Service names a
	// KIND.
	Port  intstr.IntOrString
	Local int // on 127.0.0.1; 0 for any that is free
}

func (t Target) String() string {
	kind, name := t.kind()
	return fmt.Sprintf("%s %s port %s", kind, name, t.Port.String())
}

func (t Target) kind() (kind, name string) {
	if kind, name, ok := strings.Cut(t.Service, "/"); ok {
		return strings.ToLower(kind), name
	}
	return "service", t.Service
}

// endpoint is a port of a pod.
type endpoint struct {
	pod  string
	port int32
}

var errNoPod = errors.New("no pod is ready")

// ready asks the cluster which pods answer for the target.
func (t Target) ready(ctx context.Context, client kubernetes.Interface) ([]endpoint, error) {
	kind, _ := t.kind()
	if kind == "service" {
		return t.behindService(ctx, client)
	}
	options, err := t.podsOf(ctx, client)
	if err != nil {
		return nil, err
	}
	list, err := client.CoreV1().Pods(t.Namespace).List(ctx, options)
	if err != nil {
		return nil, err
	}
	// The newest first: that is the one of the latest rollout.
	slices.SortStableFunc(list.Items, func(a, b corev1.Pod) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	var all []endpoint
	unnamed := errNoPod
	for _, p := range list.Items {
		if p.DeletionTimestamp != nil || !isReady(&p) {
			continue
		}
		port, err := t.containerPort(&p)
		if err != nil {
			unnamed = err
			continue
		}
		all = append(all, endpoint{p.Name, port})
	}
	if len(all) == 0 {
		return nil, unnamed
	}
	return all, nil
}

func isReady(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// behindService goes by what the service's EndpointSlices list as ready.
func (t Target) behindService(ctx context.Context, client kubernetes.Interface) ([]endpoint, error) {
	svc, err := client.CoreV1().Services(t.Namespace).Get(ctx, t.Service, metav1.GetOptions{})
	if err != nil {
		return nil, t.absent(ctx, client, err)
	}
	port, err := t.servicePort(svc)
	if err != nil {
		return nil, err
	}
	list, err := client.DiscoveryV1().EndpointSlices(t.Namespace).List(ctx, t.slices())
	if err != nil {
		return nil, err
	}
	var all []endpoint
	for _, s := range list.Items {
		for _, p := range s.Ports {
			if p.Name == nil || *p.Name != port || p.Port == nil {
				continue
			}
			for _, e := range s.Endpoints {
				if e.TargetRef != nil && e.TargetRef.Kind == "Pod" && e.Conditions.Ready != nil && *e.Conditions.Ready {
					all = append(all, endpoint{e.TargetRef.Name, *p.Port})
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, errNoPod
	}
	return all, nil
}

func (t Target) slices() metav1.ListOptions {
	return metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + t.Service}
}

// podsOf chooses the pods of a target that is no service.
func (t Target) podsOf(ctx context.Context, client kubernetes.Interface) (metav1.ListOptions, error) {
	var selector *metav1.LabelSelector
	kind, name := t.kind()
	switch kind {
	case "pod":
		return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()}, nil
	case "deployment":
		o, err := client.AppsV1().Deployments(t.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return metav1.ListOptions{}, t.absent(ctx, client, err)
		}
		selector = o.Spec.Selector
	case "statefulset":
		o, err := client.AppsV1().StatefulSets(t.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return metav1.ListOptions{}, t.absent(ctx, client, err)
		}
		selector = o.Spec.Selector
	case "daemonset":
		o, err := client.AppsV1().DaemonSets(t.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return metav1.ListOptions{}, t.absent(ctx, client, err)
		}
		selector = o.Spec.Selector
	default:
		return metav1.ListOptions{}, fmt.Errorf("%w: %q is not a kind devloop knows; use pod, deployment, statefulset or daemonset, or the name of a service", errTarget, kind)
	}
	return metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(selector)}, nil
}

// await is ready, but where no pod is ready it waits for one until ctx ends.
func (t Target) await(ctx context.Context, client kubernetes.Interface) ([]endpoint, error) {
	for {
		all, err := t.ready(ctx, client)
		if !errors.Is(err, errNoPod) {
			return all, err
		}
		events, err := t.watch(ctx, client)
		if err != nil {
			return nil, err
		}
		all, err = t.until(ctx, client, events.ResultChan())
		events.Stop()
		switch {
		case ctx.Err() != nil:
			return nil, errNoPod
		case !errors.Is(err, errNoPod):
			return all, err
		}
	}
}

// until looks again at each event, from the first on, which tells what is there.
func (t Target) until(ctx context.Context, client kubernetes.Interface, events <-chan watch.Event) ([]endpoint, error) {
	for {
		select {
		case _, more := <-events:
			if !more {
				return nil, errNoPod
			}
			if all, err := t.ready(ctx, client); !errors.Is(err, errNoPod) {
				return all, err
			}
		case <-ctx.Done():
			return nil, errNoPod
		}
	}
}

// watch tells when other pods may be ready.
func (t Target) watch(ctx context.Context, client kubernetes.Interface) (watch.Interface, error) {
	if kind, _ := t.kind(); kind == "service" {
		return client.DiscoveryV1().EndpointSlices(t.Namespace).Watch(ctx, t.slices())
	}
	options, err := t.podsOf(ctx, client)
	if err != nil {
		return nil, err
	}
	return client.CoreV1().Pods(t.Namespace).Watch(ctx, options)
}
