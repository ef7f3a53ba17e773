package diff

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Change is one field that differs. Before or After is nil where the field is
// not there, and where it is null.
type Change struct {
	Path          Path
	Before, After any
}

// Changes lists the fields that differ between two objects, each as deep as the
// objects have the same form. A list whose items cannot be told apart and whose
// length differs is one field.
func Changes(before, after map[string]any) []Change {
	root := compare(nil, before, after)
	var out []Change
	root.leaves(func(n *node) { out = append(out, Change{n.path, n.before, n.after}) })
	return out
}

// node is a field that differs; its children are the parts of it that do.
type node struct {
	path          Path
	before, after any
	children      []*node
}

func (n *node) leaves(visit func(*node)) {
	if n == nil {
		return
	}
	if len(n.children) == 0 {
		visit(n)
		return
	}
	for _, c := range n.children {
		c.leaves(visit)
	}
}

// compare returns nil where nothing differs.
func compare(at Path, before, after any) *node {
	if same(before, after) {
		return nil
	}
	n := &node{path: at, before: before, after: after}
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			if n.children = compareMaps(at, b, a); len(n.children) == 0 {
				return nil
			}
		}
	case []any:
		if a, ok := after.([]any); ok {
			n.children = compareLists(at, b, a)
		}
	}
	return n
}

// same takes an absent map or list for an empty one.
func same(a, b any) bool {
	return reflect.DeepEqual(a, b) || empty(a) && empty(b)
}

func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(x) == 0
	case []any:
		return len(x) == 0
	}
	return false
}

func compareMaps(at Path, before, after map[string]any) []*node {
	var out []*node
	both := maps.Clone(before)
	maps.Copy(both, after)
	for _, k := range sortedKeys(both) {
		if n := compare(at.plus(key(k)), before[k], after[k]); n != nil {
			out = append(out, n)
		}
	}
	return out
}

// compareLists returns nothing for lists that are best shown as a whole.
func compareLists(at Path, before, after []any) []*node {
	var out []*node
	add := func(n *node) {
		if n != nil {
			out = append(out, n)
		}
	}
	if field := nameOf(before, after); field != "" {
		for i, item := range before {
			name, _ := nameIn(item, field)
			var now any
			if j := indexOf(after, field, name); j >= 0 {
				now = after[j]
			}
			add(compare(at.plus(Step{Key: field, Name: name, Index: i, List: true}), item, now))
		}
		for i, item := range after {
			name, _ := nameIn(item, field)
			if indexOf(before, field, name) < 0 {
				add(compare(at.plus(Step{Key: field, Name: name, Index: i, List: true}), nil, item))
			}
		}
		return out // none where only the order differs
	}
	if len(before) != len(after) || scalars(before) || scalars(after) {
		return nil
	}
	for i := range before {
		add(compare(at.plus(Step{Index: i, List: true}), before[i], after[i]))
	}
	return out
}

func scalars(list []any) bool {
	return slices.ContainsFunc(list, func(v any) bool {
		switch v.(type) {
		case map[string]any, []any:
			return false
		}
		return true
	})
}

// sortedKeys puts first what says which object or item this is.
func sortedKeys(m map[string]any) []string {
	first := []string{"apiVersion", "kind", "metadata", "name", "namespace"}
	rank := func(k string) int {
		if i := slices.Index(first, k); i >= 0 {
			return i
		}
		return len(first)
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}
