package skaffold

import (
	"slices"
	"strconv"
	"strings"
)

// patch applies a profile's JSON patches to a document.
func (c *converter) patch(doc, patches *node) {
	for _, p := range patches.list() {
		op, at, value := p.take("op").text(), p.take("path"), p.take("value")
		if op == "" {
			op = "replace"
		}
		if op != "replace" && op != "add" && op != "remove" {
			c.lose(p, "write what differs under profiles: of devloop.yaml, as devloop's own keys")
			continue
		}
		steps := strings.Split(strings.TrimPrefix(at.text(), "/"), "/")
		for i, s := range steps {
			steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
		}
		parent := doc
		for _, s := range steps[:len(steps)-1] {
			parent = parent.step(s)
		}
		if !parent.change(op, steps[len(steps)-1], value) {
			c.lose(p, "%s leads nowhere here", at.text())
			continue
		}
		// What a key becomes is told like the key itself, at the place of the patch.
		if op != "remove" {
			value.taken = false
			value.moved(value.path, p.path+"."+dotted(steps))
		}
	}
}

// step is what a part of a JSON pointer leads to, nil for nothing.
func (n *node) step(name string) *node {
	if n == nil {
		return nil
	}
	if n.items == nil {
		return n.fields[name]
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.items) {
		return n.items[i]
	}
	return nil
}

// change is one operation on what a node holds; false: there is no such place.
func (n *node) change(op, name string, value *node) bool {
	if n == nil || name == "" || op != "remove" && value == nil {
		return false
	}
	if n.items == nil {
		_, there := n.fields[name]
		switch {
		case n.fields == nil || !there && op == "remove":
			return false
		case op == "remove":
			delete(n.fields, name)
			n.keys = slices.DeleteFunc(n.keys, func(k string) bool { return k == name })
		default:
			n.put(name, value)
		}
		return true
	}
	i, err := strconv.Atoi(name)
	switch {
	case op == "add" && name == "-":
		n.items = append(n.items, value)
	case err != nil || i < 0 || i > len(n.items) || i == len(n.items) && op != "add":
		return false
	case op == "add":
		n.items = slices.Insert(n.items, i, value)
	case op == "remove":
		n.items = slices.Delete(n.items, i, i+1)
	default:
		n.items[i] = value
	}
	return true
}

// dotted is a JSON pointer as a path of keys.
func dotted(steps []string) string {
	var b strings.Builder
	for i, s := range steps {
		if _, err := strconv.Atoi(s); err == nil || s == "-" {
			b.WriteString("[" + s + "]")
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s)
	}
	return b.String()
}

// moved has the path of a node, and of all below it, begin with to in place of from.
func (n *node) moved(from, to string) {
	n.path = to + strings.TrimPrefix(n.path, from)
	for _, f := range n.fields {
		f.moved(from, to)
	}
	for _, item := range n.items {
		item.moved(from, to)
	}
}

// clone is a copy of a node and all below it, of which nothing is taken.
func (n *node) clone() *node {
	if n == nil {
		return nil
	}
	out := *n
	out.taken, out.keys = false, slices.Clone(n.keys)
	if n.fields != nil {
		out.fields = map[string]*node{}
		for k, f := range n.fields {
			out.fields[k] = f.clone()
		}
	}
	out.items = slices.Clone(n.items)
	for i, item := range n.items {
		out.items[i] = item.clone()
	}
	return &out
}
