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
)

// Objects sees a state of objects of one kind, by a watch. They may be made and
// deleted meanwhile.
type Objects struct {
	Client    dynamic.Interface
	Resource  schema.GroupVersionResource
	Namespace string
	Name      string // of the one object; or
	Labels    string // a selector
	// Holds is the state; it is given the objects that are there.
	Holds func([]*unstructured.Unstructured) bool
}

func (o Objects) options() metav1.ListOptions {
	opts := metav1.ListOptions{LabelSelector: o.Labels}
	if o.Name != "" {
		opts.FieldSelector = fields.OneTermEqualSelector("metadata.name", o.Name).String()
	}
	return opts
}

func (o Objects) String() string {
	what := o.Name
	if what == "" {
		what = o.Labels
	}
	return o.Resource.Resource + " " + what
}

// list is what is there, by name, and the version to watch from.
func (o Objects) list(ctx context.Context) (map[string]*unstructured.Unstructured, string, error) {
	list, err := o.Client.Resource(o.Resource).Namespace(o.Namespace).List(ctx, o.options())
	if err != nil {
		return nil, "", fmt.Errorf("observe %s: %w", o, err)
	}
	have := map[string]*unstructured.Unstructured{}
	for i := range list.Items {
		have[list.Items[i].GetName()] = &list.Items[i]
	}
	return have, list.GetResourceVersion(), nil
}

func (o Objects) hold(have map[string]*unstructured.Unstructured) bool {
	var all []*unstructured.Unstructured
	for _, u := range have {
		all = append(all, u)
	}
	return o.Holds(all)
}

// Now implements Eye.
func (o Objects) Now(ctx context.Context) (bool, error) {
	have, _, err := o.list(ctx)
	return err == nil && o.hold(have), err
}

// Open implements Eye.
func (o Objects) Open(ctx context.Context) (func() (time.Time, error), error) {
	have, version, err := o.list(ctx)
	if err != nil {
		return nil, err
	}
	opts := o.options()
	opts.ResourceVersion = version
	w, err := o.Client.Resource(o.Resource).Namespace(o.Namespace).Watch(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("observe %s: %w", o, err)
	}
	return func() (time.Time, error) {
		defer w.Stop()
		if o.hold(have) {
			return time.Now(), nil
		}
		for {
			select {
			case <-ctx.Done():
				return time.Time{}, fmt.Errorf("observe %s: %w", o, context.Cause(ctx))
			case e, open := <-w.ResultChan():
				seen := time.Now()
				u, is := e.Object.(*unstructured.Unstructured)
				switch {
				case ctx.Err() != nil:
					return time.Time{}, fmt.Errorf("observe %s: %w", o, context.Cause(ctx))
				case !open || !is || e.Type == watch.Error:
					return time.Time{}, fmt.Errorf("observe %s: %w", o, errWatchEnded)
				case e.Type == watch.Deleted:
					delete(have, u.GetName())
				default:
					have[u.GetName()] = u
				}
				if o.hold(have) {
					return seen, nil
				}
			}
		}
	}, nil
}

// errWatchEnded: what came meanwhile is not known, so neither is a time.
var errWatchEnded = errors.New("the API server ended the watch")
