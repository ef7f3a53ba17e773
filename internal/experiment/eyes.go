package experiment

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/util/jsonpath"

	"github.com/devloop-dev/devloop/internal/observe"
)

// How often the observers that cannot watch look again. It is part of what they
// measure, and the same in all arms.
const (
	askEvery  = 20 * time.Millisecond
	readEvery = 50 * time.Millisecond
	answers   = 3 // looked at by default
)

// optician makes eyes that look at the cluster with connections of their own.
type optician struct {
	config  *rest.Config
	client  kubernetes.Interface
	dynamic dynamic.Interface
	mapper  meta.ResettableRESTMapper
}

func newOptician(config *rest.Config) (*optician, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("set up the observer: %w", err)
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("set up the observer: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("set up the observer: %w", err)
	}
	return &optician{config, client, dyn, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco))}, nil
}

// eye makes the eye for a state in a namespace. out is what the arm prints.
func (o *optician) eye(want Verified, v values, out *printed) (observe.Eye, error) {
	switch {
	case want.Object != nil:
		return o.object(*want.Object, v)
	case want.HTTP != nil:
		return o.http(*want.HTTP, v)
	case want.File != nil:
		f := *want.File
		read := f.Read
		if len(read) == 0 {
			read = []string{"cat", f.Path}
		}
		return observe.Output{Config: o.config, Client: o.client, Namespace: v["namespace"], Labels: f.Labels,
			Container: f.Container, Command: v.list(read), Text: v.expand(f.Text), Every: readEvery}, nil
	}
	return shown{out, v.expand(want.Output.Text)}, nil
}

func (o *optician) http(h HTTP, v values) (observe.Eye, error) {
	a := observe.Answers{Of: answers, Least: 1, Most: 1, Every: askEvery}
	if h.Of > 0 {
		a.Of = h.Of
	}
	if h.Least != nil {
		a.Least = *h.Least
	}
	if h.Most != nil {
		a.Most = *h.Most
	}
	right := observe.Right{Status: h.Status, Body: v.expand(h.Body)}
	name, value, _ := strings.Cut(v.expand(h.Header), ":")
	right.Header, right.Value = strings.TrimSpace(name), strings.TrimSpace(value)
	url, client := v.expand(h.URL), observe.Direct()
	if h.Service != "" {
		var err error
		var through *http.Client
		if url, through, err = observe.ServiceURL(o.config, v["namespace"], v.expand(h.Service), h.Port, v.expand(h.Path)); err != nil {
			return nil, err
		}
		client = through
	}
	a.Ask = observe.Get(client, url, v.each(h.Headers), right)
	return a, nil
}

func (o *optician) object(want Object, v values) (observe.Eye, error) {
	gv, err := schema.ParseGroupVersion(want.APIVersion)
	if err != nil {
		return nil, err
	}
	mapping, err := o.mapper.RESTMapping(gv.WithKind(want.Kind).GroupKind(), gv.Version)
	if meta.IsNoMatchError(err) { // it may be defined by now
		o.mapper.Reset()
		mapping, err = o.mapper.RESTMapping(gv.WithKind(want.Kind).GroupKind(), gv.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("the cluster does not know %s %s: %w", want.APIVersion, want.Kind, err)
	}
	holds, err := state(want, v)
	if err != nil {
		return nil, err
	}
	return observe.Objects{Client: o.dynamic, Resource: mapping.Resource, Namespace: v["namespace"],
		Name: v.expand(want.Name), Labels: v.expand(want.Labels), Holds: holds}, nil
}

// state is what is asked of all objects together.
func state(want Object, v values) (func([]*unstructured.Unstructured) bool, error) {
	var each []observe.Condition
	if want.Ready != nil {
		each = append(each, observe.Ready(*want.Ready))
	}
	for text, value := range want.Where {
		path, err := parsePath(text)
		if err != nil {
			return nil, err
		}
		value = v.expand(value)
		each = append(each, func(u *unstructured.Unstructured) bool {
			var b strings.Builder
			return path.Execute(&b, u.Object) == nil && b.String() == value
		})
	}
	return func(objects []*unstructured.Unstructured) bool {
		if want.Count != nil && len(objects) != *want.Count || want.Count == nil && len(objects) == 0 {
			return false
		}
		for _, u := range objects {
			for _, holds := range each {
				if !holds(u) {
					return false
				}
			}
		}
		return true
	}, nil
}

// parsePath takes a JSONPath with and without braces and the dot before it.
func parsePath(text string) (*jsonpath.JSONPath, error) {
	if !strings.HasPrefix(text, "{") {
		text = "{." + strings.TrimPrefix(text, ".") + "}"
	}
	p := jsonpath.New("where").AllowMissingKeys(true)
	if err := p.Parse(text); err != nil {
		return nil, fmt.Errorf("%q is no JSONPath: %w", text, err)
	}
	return p, nil
}
