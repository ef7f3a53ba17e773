package diff

import (
	"fmt"
	"strconv"
	"strings"
)

// Step is one step of a Path: into a map by Key, into a list by the item whose
// field Key has the value Name, or, with an empty Key, by Index.
type Step struct {
	Key   string
	Name  string
	Index int
	List  bool
}

// Path leads from the root of an object to one of its fields.
type Path []Step

// String has the form spec.containers[app].ports[0].name.
func (p Path) String() string {
	var b strings.Builder
	for _, s := range p {
		switch {
		case s.List && s.Key != "":
			fmt.Fprintf(&b, "[%s]", s.Name)
		case s.List:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case strings.ContainsAny(s.Key, ".[]"):
			fmt.Fprintf(&b, "[%s]", strconv.Quote(s.Key))
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Key)
		}
	}
	return b.String()
}

// Lookup finds the field in an object, which may be another one than the path
// was made from.
func (p Path) Lookup(v any) (any, bool) {
	for _, s := range p {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[s.Key]
			if s.List || !ok {
				return nil, false
			}
			v = next
		case []any:
			i := s.Index
			if s.Key != "" {
				i = indexOf(at, s.Key, s.Name)
			}
			if !s.List || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// plus is the path one step longer; the receiver is not written to.
func (p Path) plus(s Step) Path { return append(p[:len(p):len(p)], s) }

func key(name string) Step { return Step{Key: name} }

// names are the fields by which the API's lists tell their items apart, the most
// telling first.
var names = [...]string{"name", "containerPort", "port", "mountPath", "devicePath", "topologyKey", "key", "type", "host", "ip"}

// nameOf is the field by which the items of both lists can be told apart, or "".
func nameOf(a, b []any) string {
	for _, field := range names {
		if tells(a, field) && tells(b, field) {
			return field
		}
	}
	return ""
}

// tells: each item has the field, and no two the same.
func tells(list []any, field string) bool {
	seen := map[string]bool{}
	for _, item := range list {
		name, ok := nameIn(item, field)
		if !ok || seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

func nameIn(item any, field string) (string, bool) {
	m, ok := item.(map[string]any)
	if !ok {
		return "", false
	}
	switch v := m[field].(type) {
	case nil, map[string]any, []any:
		return "", false
	default:
		return Text(v), true
	}
}

// Text is a number, string or boolean as a Step's Name has it. A whole number
// reads the same whether it came as an integer or as a float.
func Text(v any) string { return fmt.Sprint(v) }

func indexOf(list []any, field, name string) int {
	for i, item := range list {
		if n, ok := nameIn(item, field); ok && n == name {
			return i
		}
	}
	return -1
}
