package skaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// node is a value of a skaffold.yaml with its place. A nil node is a key that is
// not there. What was taken is marked, so that the rest can be told.
type node struct {
	path   string // as in build.artifacts[0].image
	file   string
	line   int
	value  any // of a scalar
	keys   []string
	fields map[string]*node
	items  []*node
	taken  bool
}

// read parses a file into its documents.
func read(file string) (docs []*node, err error) {
	// The YAML library panics on some malformed input.
	defer func() {
		if r := recover(); r != nil {
			docs, err = nil, fmt.Errorf("%s is not valid YAML (%v)", file, r)
		}
	}()
	data, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return nil, fmt.Errorf("read skaffold's configuration: %w", err)
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			return nil, fmt.Errorf("%s:%d:%d: %s", file, at.GetToken().Position.Line, at.GetToken().Position.Column, at.GetMessage())
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, doc := range parsed.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.CommentGroupType {
			continue
		}
		b := builder{file: file, anchors: map[string]ast.Node{}}
		docs = append(docs, b.build("", doc.Body))
	}
	return docs, nil
}

// builder makes nodes of a document, with aliases and merge keys put in.
type builder struct {
	file    string
	anchors map[string]ast.Node
	depth   int
}

func (b *builder) build(path string, from ast.Node) *node {
	n := &node{path: path, file: b.file}
	if from == nil {
		return n
	}
	n.line = from.GetToken().Position.Line
	if b.depth++; b.depth > 200 {
		panic("nested too deeply, or an alias of itself")
	}
	defer func() { b.depth-- }()
	switch from := from.(type) {
	case *ast.AnchorNode:
		b.anchors[from.Name.GetToken().Value] = from.Value
		return b.build(path, from.Value)
	case *ast.AliasNode:
		n := b.build(path, b.anchors[from.Value.GetToken().Value])
		n.line = from.GetToken().Position.Line
		return n
	case *ast.TagNode:
		return b.build(path, from.Value)
	case *ast.MappingNode:
		n.fields = map[string]*node{}
		for _, kv := range from.Values {
			b.field(n, kv)
		}
	case *ast.MappingValueNode:
		n.fields = map[string]*node{}
		b.field(n, from)
	case *ast.SequenceNode:
		for i, item := range from.Values {
			n.items = append(n.items, b.build(fmt.Sprintf("%s[%d]", path, i), item))
		}
		if n.items == nil {
			n.items = []*node{}
		}
	case *ast.LiteralNode:
		n.value = from.Value.Value
	case ast.ScalarNode:
		n.value = from.GetValue()
	}
	return n
}

func (b *builder) field(n *node, kv *ast.MappingValueNode) {
	if kv.Key.IsMergeKey() {
		merged := b.build(n.path, kv.Value)
		for _, m := range append(merged.items, merged) {
			for _, k := range m.keys {
				if _, own := n.fields[k]; !own {
					n.put(k, m.fields[k])
				}
			}
		}
		return
	}
	key := kv.Key.GetToken().Value
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	child := b.build(path, kv.Value)
	child.line = kv.Key.GetToken().Position.Line
	n.put(key, child)
}

func (n *node) put(key string, child *node) {
	if _, there := n.fields[key]; !there {
		n.keys = append(n.keys, key)
	}
	n.fields[key] = child
}

// take is the value of a key, which is then not listed as lost, but its own keys
// are until they are taken too.
func (n *node) take(key string) *node {
	if n == nil || n.fields[key] == nil {
		return nil
	}
	n.fields[key].taken = true
	return n.fields[key]
}

// list are a node's items, all taken.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	for _, item := range n.items {
		item.taken = true
	}
	return n.items
}

// leaves visits what is no map below a node, with its path of keys. All of it is
// taken.
func (n *node) leaves(visit func(at string, leaf *node)) {
	for _, k := range n.keys {
		v := n.take(k)
		if v.fields == nil {
			visit(k, v)
			continue
		}
		v.leaves(func(at string, leaf *node) { visit(k+"."+at, leaf) })
	}
}

// all takes everything below, too.
func (n *node) all() *node {
	if n == nil {
		return nil
	}
	n.taken = true
	for _, c := range n.fields {
		c.all()
	}
	for _, c := range n.items {
		c.all()
	}
	return n
}

// text is a scalar as a text, "" where there is none.
func (n *node) text() string {
	if n == nil || n.value == nil {
		return ""
	}
	return fmt.Sprint(n.value)
}

// yes is a boolean; default for a key that is not there.
func (n *node) yes(otherwise bool) bool {
	if n == nil {
		return otherwise
	}
	v, ok := n.value.(bool)
	return ok && v
}

// plain is the value as maps, lists and scalars.
func (n *node) plain() any {
	switch {
	case n == nil:
		return nil
	case n.fields != nil:
		m := map[string]any{}
		for k, c := range n.fields {
			m[k] = c.plain()
		}
		return m
	case n.items != nil:
		l := []any{}
		for _, c := range n.items {
			l = append(l, c.plain())
		}
		return l
	}
	return n.value
}
