package skaffold

import (
	"slices"

	"github.com/devloop-dev/devloop/internal/config"
)

// wait is a release that another one depends on; known once all are read.
type wait struct {
	node          *node
	release, need string
}

func (c *converter) wait(n *node, release string) {
	for _, d := range n.take("dependsOn").list() {
		c.waits = append(c.waits, wait{d, release, d.text()})
	}
}

// needs converts dependsOn.
func (c *converter) needs() {
	for _, w := range c.waits {
		r := c.project.Releases[w.release]
		if _, ok := c.project.Releases[w.need]; !ok {
			c.lose(w.node, "release %s is not carried over", w.need)
			continue
		}
		if !slices.Contains(r.Needs, w.need) {
			r.Needs = append(r.Needs, w.need)
		}
		c.project.Releases[w.release] = r
	}
}

// forwards converts portForward. devloop forwards services, each by its release.
func (c *converter) forwards(m *module) {
	for _, f := range m.doc.take("portForward").list() {
		kind, name, port := f.take("resourceType").text(), f.take("resourceName").text(), f.take("port")
		number, isNumber := asPort(port)
		release := c.releaseOf(f.take("namespace").text(), name)
		switch {
		case kind != "service" && kind != "Service":
			c.lose(f, "devloop forwards ports of services only: forward the service of this %s", kind)
			continue
		case templated(name):
			c.lose(f, "a service's name cannot hold a variable: add it under forward:")
			continue
		case !isNumber:
			c.lose(f, "devloop wants the number of the service's port: add it under forward:")
			continue
		case release == "":
			c.lose(f, "several releases could have the service %s: add it under forward: with its release", name)
			continue
		}
		fw := config.Forward{Release: release, Service: name, Port: number}
		if local, ok := asPort(f.take("localPort")); ok && local != number {
			fw.Local = local
		}
		if a := f.take("address"); a.text() != "" && a.text() != "127.0.0.1" && a.text() != "localhost" {
			c.lose(a, "devloop listens on this machine only")
		}
		if taken := slices.ContainsFunc(c.project.Forward, func(o config.Forward) bool { return local(o) == local(fw) }); taken {
			c.lose(f, "the local port %d is taken by another forward: choose one", local(fw))
			continue
		}
		c.project.Forward = append(c.project.Forward, fw)
	}
}

func local(f config.Forward) int {
	if f.Local != 0 {
		return f.Local
	}
	return f.Port
}

func asPort(n *node) (int, bool) {
	if n == nil {
		return 0, false
	}
	switch v := n.value.(type) {
	case uint64:
		return int(v), v > 0 && v < 65536
	case int64:
		return int(v), v > 0 && v < 65536
	}
	return 0, false
}

// releaseOf is the release that a service belongs to: the only one, the only one of
// its namespace, or the one whose name the service's begins with.
func (c *converter) releaseOf(namespace, service string) string {
	var all, there, named []string
	for _, name := range c.project.ReleaseNames() {
		all = append(all, name)
		if namespace != "" && c.project.Releases[name].Namespace == namespace {
			there = append(there, name)
		}
		if len(service) >= len(name) && service[:len(name)] == name {
			named = append(named, name)
		}
	}
	longest := ""
	for _, name := range named {
		if len(name) > len(longest) {
			longest = name
		}
	}
	switch {
	case len(all) == 1:
		return all[0]
	case len(there) == 1:
		return there[0]
	}
	return longest
}
