package skaffold

import (
	"slices"
	"strconv"
	"strings"

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

// forwards converts portForward. Each forward of devloop's belongs to a release.
func (c *converter) forwards(m *module) {
	for _, f := range m.doc.take("portForward").list() {
		kind, name, port := strings.ToLower(f.take("resourceType").text()), f.take("resourceName").text(), f.take("port").text()
		release := c.releaseOf(f.take("namespace").text(), name)
		switch {
		case !slices.Contains([]string{"service", "pod", "deployment", "statefulset", "daemonset"}, kind):
			c.lose(f, "devloop forwards to services, pods and what keeps pods running: forward the service of this %s", kind)
			continue
		case templated(name) || templated(port):
			c.lose(f, "neither name nor port can hold a variable: add it under forward:")
			continue
		case !config.Port(port).Valid():
			c.lose(f, "%q is neither the number nor the name of a port: add it under forward:", port)
			continue
		case release == "":
			c.lose(f, "several releases could have the %s %s: add it under forward: with its release", kind, name)
			continue
		}
		fw := config.Forward{Release: release, Service: name, Port: config.Port(port)}
		if kind != "service" {
			fw.Service = kind + "/" + name
		}
		if local := asPort(f.take("localPort")); local != fw.LocalPort() {
			fw.Local = local
		}
		if a := f.take("address"); a.text() != "" && a.text() != "127.0.0.1" && a.text() != "localhost" {
			c.lose(a, "devloop listens on this machine only")
		}
		if at := fw.LocalPort(); at != 0 && slices.ContainsFunc(c.project.Forward, func(o config.Forward) bool { return o.LocalPort() == at }) {
			c.lose(f, "the local port %d is taken by another forward: choose one", at)
			continue
		}
		c.project.Forward = append(c.project.Forward, fw)
	}
}

// asPort is the port's number, 0 where it names none that can be listened on.
func asPort(n *node) int {
	v, err := strconv.ParseUint(n.text(), 10, 16)
	if err != nil {
		return 0
	}
	return int(v)
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
