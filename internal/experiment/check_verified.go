package experiment

import (
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func (c checker) verified(v Verified, at place) error {
	set := 0
	for _, is := range []bool{v.Object != nil, v.HTTP != nil, v.File != nil, v.Output != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return c.errorf(at, "name one of object, http, file and output", "%d observers, not 1", set)
	}
	switch {
	case v.Object != nil:
		return c.object(*v.Object, at.at("object"))
	case v.HTTP != nil:
		return c.http(*v.HTTP, at.at("http"))
	case v.File != nil:
		f, at := *v.File, at.at("file")
		if f.Labels == "" || f.Text == "" || f.Path == "" && len(f.Read) == 0 {
			return c.errorf(at, "they say where to look and for what", "file needs labels, path (or read) and text")
		}
		if err := c.selector(f.Labels, at); err != nil {
			return err
		}
		return c.variables(at, f.Text, f.Path)
	}
	if v.Output.Text == "" {
		return c.errorf(at.at("output"), "write what the arm has to print", "output needs a text")
	}
	return c.variables(at.at("output"), v.Output.Text)
}

func (c checker) object(o Object, at place) error {
	if _, err := schema.ParseGroupVersion(o.APIVersion); err != nil || o.APIVersion == "" || o.Kind == "" {
		return c.errorf(at, "as in a manifest: apiVersion: apps/v1, kind: Deployment", "object needs apiVersion and kind")
	}
	switch {
	case (o.Name == "") == (o.Labels == ""):
		return c.errorf(at, "name: is one object, labels: all that a selector matches", "object needs either name or labels")
	case o.Ready != nil && (o.APIVersion != "apps/v1" || o.Kind != "Deployment"):
		return c.errorf(at.at("ready"), "use where: for other kinds", "ready is for Deployments")
	case o.Ready == nil && len(o.Where) == 0 && o.Count == nil:
		return c.errorf(at, "say what must be so by where, ready or count", "object asks for nothing")
	}
	if err := c.selector(o.Labels, at); err != nil {
		return err
	}
	for path, value := range o.Where {
		if _, err := parsePath(path); err != nil {
			return c.errorf(at.at("where", path), "write a JSONPath as kubectl has it, such as .spec.replicas", "%v", err)
		}
		if err := c.variables(at.at("where", path), value); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) selector(s string, at place) error {
	if _, err := labels.Parse(s); err != nil {
		return c.errorf(at.at("labels"), "as in app=web,tier!=db", "labels: %v", err)
	}
	return nil
}

func (c checker) http(h HTTP, at place) error {
	share := func(v *float64) bool { return v == nil || *v >= 0 && *v <= 1 }
	switch {
	case (h.URL == "") == (h.Service == ""):
		return c.errorf(at, "a service is asked through the API server, a url from this machine", "http needs either url or service")
	case h.Service != "" && h.Port == "":
		return c.errorf(at, "its number or name", "http needs the service's port")
	case h.Of < 0 || !share(h.Least) || !share(h.Most):
		return c.errorf(at, "least: 0.4 with of: 20 means 8 of the last 20 answers", "of must not be negative, least and most lie between 0 and 1")
	case h.Body == "" && h.Header == "" && h.Status == 0:
		return c.errorf(at, "say what must be in the answer by body, header or status", "http asks for nothing")
	}
	return c.variables(at, h.URL, h.Path, h.Body, h.Header)
}
