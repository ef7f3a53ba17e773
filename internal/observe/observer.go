package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Observer asks one API server. It is safe for concurrent use.
type Observer struct {
	dynamic dynamic.Interface
	client  kubernetes.Interface
}

// New returns an Observer without client-side throttling.
func New(config *rest.Config) (*Observer, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("set up the observer: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("set up the observer: %w", err)
	}
	return &Observer{dynamic: dyn, client: client}, nil
}

// Object names what is looked at.
type Object struct {
	Resource        schema.GroupVersionResource
	Namespace, Name string
}

// ConfigMap names a config map.
func ConfigMap(namespace, name string) Object {
	return Object{schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, namespace, name}
}

// Deployment names a deployment.
func Deployment(namespace, name string) Object {
	return Object{schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, namespace, name}
}

// Condition is a state of an object that is waited for.
type Condition func(*unstructured.Unstructured) bool

// ErrAlready: the condition held before anything was done, so its time means
// nothing.
var ErrAlready = errors.New("the awaited state was there before the edit")

// Sighting is a watch that notes when each of its conditions first held.
type Sighting struct {
	watch watch.Interface
	done  chan struct{}
	times []time.Time
	err   error
}

// Expect opens a watch on an object that exists and returns once the API server
// has accepted it, so that nothing done after that is missed. The Sighting ends
// with ctx; Wait must be called.
func (o *Observer) Expect(ctx context.Context, at Object, conditions ...Condition) (*Sighting, error) {
	client := o.dynamic.Resource(at.Resource).Namespace(at.Namespace)
	now, err := client.Get(ctx, at.Name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("observe %s %s: %w", at.Resource.Resource, at.Name, err)
	}
	for _, holds := range conditions {
		if holds(now) {
			return nil, fmt.Errorf("observe %s %s: %w", at.Resource.Resource, at.Name, ErrAlready)
		}
	}
	w, err := client.Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", at.Name).String(),
		ResourceVersion: now.GetResourceVersion(),
	})
	if err != nil {
		return nil, fmt.Errorf("observe %s %s: %w", at.Resource.Resource, at.Name, err)
	}
	s := &Sighting{watch: w, done: make(chan struct{}), times: make([]time.Time, len(conditions))}
	go s.run(ctx, at, conditions)
	return s, nil
}

func (s *Sighting) run(ctx context.Context, at Object, conditions []Condition) {
	defer close(s.done)
	defer s.watch.Stop()
	for open := len(conditions); open > 0; {
		select {
		case <-ctx.Done():
			s.err = fmt.Errorf("observe %s %s: %w", at.Resource.Resource, at.Name, ctx.Err())
			return
		case e, ok := <-s.watch.ResultChan():
			seen := time.Now()
			u, isObject := e.Object.(*unstructured.Unstructured)
			if !ok || e.Type == watch.Error || e.Type == watch.Deleted || !isObject {
				s.err = fmt.Errorf("observe %s %s: the watch ended with %q", at.Resource.Resource, at.Name, e.Type)
				return
			}
			for i, holds := range conditions {
				if s.times[i].IsZero() && holds(u) {
					s.times[i] = seen
					open--
				}
			}
		}
	}
}

// Wait blocks until every condition has held and returns when each first did, in
// the order they were given.
func (s *Sighting) Wait() ([]time.Time, error) {
	<-s.done
	return s.times, s.err
}
