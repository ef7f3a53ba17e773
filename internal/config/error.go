package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/devloop-dev/devloop/internal/near"
)

// Error is something wrong in a devloop.yaml, or in another file that Decode reads.
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
		e.place(s.data, node.GetToken())
	}
	return e
}

// place points at a token. The YAML library puts what it made up, as the value of
// a key without one, and what it found at the end of the file, beyond the text;
// then the nearest place within is meant.
func (e *Error) place(data []byte, tok *token.Token) {
	if tok == nil || tok.Position == nil {
		return
	}
	lines := strings.Count(string(data), "\n") + 1
	e.Line = min(max(tok.Position.Line, 1), lines)
	e.Source = lineOf(data, e.Line)
	e.Col = min(max(tok.Position.Column, 1), utf8.RuneCountInString(e.Source)+1)
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
func fromYAML(path string, data []byte, err error, keys []string) *Error {
	e := &Error{File: path, Message: err.Error()}
	var yerr yaml.Error
	if !errors.As(err, &yerr) {
		return e
	}
	e.Message = yerr.GetMessage()
	e.place(data, yerr.GetToken())
	if m := unknownField.FindStringSubmatch(e.Message); m != nil {
		e.Message = fmt.Sprintf("unknown key %q", m[1])
		if meant := near.Name(m[1], keys); meant != "" {
			e.Hint = fmt.Sprintf("did you mean %q?", meant)
		}
	}
	return e
}
