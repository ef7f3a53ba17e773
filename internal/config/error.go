package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Error is something wrong in a devloop.yaml.
type Error struct {
	File      string
	Line, Col int    // counted from 1; 0 where the place is not known
	Message   string // what is wrong
	Hint      string // what to do, when there is something to say
	Source    string // the line of the file, without its end
}

// Error is the message in the form file:line:col: message.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
	}
	b.WriteString(": " + e.Message)
	if e.Hint != "" {
		b.WriteString(": " + e.Hint)
	}
	return b.String()
}

// Snippet shows the line with a caret under the column, or is empty.
func (e *Error) Snippet() string {
	if e.Line == 0 || e.Col == 0 {
		return ""
	}
	// Tabs before the caret keep it under its column however wide they are shown.
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, string([]rune(e.Source)[:min(e.Col-1, len([]rune(e.Source)))]))
	n := fmt.Sprintf("%d", e.Line)
	return fmt.Sprintf("%s | %s\n%s | %s^", n, e.Source, strings.Repeat(" ", len(n)), pad)
}

func (s source) errorAt(node ast.Node, message, hint string) *Error {
	e := &Error{File: s.path, Message: message, Hint: hint}
	if node != nil {
		pos := node.GetToken().Position
		e.Line, e.Col = pos.Line, pos.Column
		e.Source = lineOf(s.data, pos.Line)
	}
	return e
}

func lineOf(data []byte, n int) string {
	lines := strings.Split(string(data), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[n-1], "\r")
}

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// fromYAML turns an error of the YAML library into ours.
func fromYAML(path string, data []byte, err error) *Error {
	e := &Error{File: path, Message: err.Error()}
	var yerr yaml.Error
	if !errors.As(err, &yerr) {
		return e
	}
	e.Message = yerr.GetMessage()
	if tok := yerr.GetToken(); tok != nil && tok.Position != nil {
		e.Line, e.Col = tok.Position.Line, tok.Position.Column
		e.Source = lineOf(data, e.Line)
	}
	if m := unknownField.FindStringSubmatch(e.Message); m != nil {
		e.Message = fmt.Sprintf("unknown key %q", m[1])
		if near := closest(m[1], knownKeys()); near != "" {
			e.Hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return e
}
