package deploy

import (
	"errors"
	"os"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// faultLine is the line of YAML text on which its syntax breaks, or what the
// other parser's error says where this one finds nothing wrong. Helm's parser
// counts some faults from 0 and tells no line for the first.
func faultLine(text []byte, err error) int {
	_, fault := parser.ParseBytes(text, 0)
	var at interface{ GetToken() *token.Token }
	if errors.As(fault, &at) && at.GetToken() != nil {
		return at.GetToken().Position.Line
	}
	return lineOf(err)
}

// valueLine is the line of a YAML file on which the value at the path stands,
// or 0 where the file has no such value or cannot be read.
func valueLine(file string, steps []any) int {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil || len(parsed.Docs) == 0 {
		return 0
	}
	return nodeLine(parsed.Docs[0].Body, steps)
}

func nodeLine(node ast.Node, steps []any) int {
	line := 0
	for _, step := range steps {
		next := ast.Node(nil)
		if single, ok := node.(*ast.MappingValueNode); ok {
			node = &ast.MappingNode{Values: []*ast.MappingValueNode{single}}
		}
		switch at := node.(type) {
		case *ast.MappingNode:
			i := slices.IndexFunc(at.Values, func(v *ast.MappingValueNode) bool {
				return v.Key.GetToken() != nil && v.Key.GetToken().Value == step
			})
			if i >= 0 {
				line, next = at.Values[i].Key.GetToken().Position.Line, at.Values[i].Value
			}
		case *ast.SequenceNode:
			if i, ok := step.(int); ok && i < len(at.Values) {
				line, next = at.Values[i].GetToken().Position.Line, at.Values[i]
			}
		}
		if next == nil {
			return 0
		}
		node = next
	}
	return line
}
