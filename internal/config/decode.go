package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Document is a YAML file that was decoded; it finds the place of a value again,
// for messages that point at it.
type Document struct{ source }

// Decode decodes another kind of file than devloop.yaml by the same rules: one
// document, no unknown key, no key twice. keys are those it can have, for "did you
// mean". Errors are of type *Error.
func Decode(path string, data []byte, into any, keys []string) (Document, error) {
	s, err := decode(path, data, into, keys)
	return Document{s}, err
}

// Errorf is an error at the value that keys lead to, or the nearest one above it.
// A list's entry is named by Index.
func (d Document) Errorf(keys []string, hint, format string, args ...any) *Error {
	return d.errorf(keys, hint, format, args...)
}

// Index names a list's entry, counted from 0, for Errorf.
func Index(i int) string { return index(i) }

type source struct {
	path string
	data []byte
	file *ast.File
}

func decode(path string, data []byte, into any, keys []string) (s source, err error) {
	defer survive(path, &err)
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors on Windows like to begin with it
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return s, fromYAML(path, data, err, keys)
	}
	s = source{path: path, data: data, file: file}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		return s, s.errorAt(file.Docs[1].Body, "a second YAML document", filepath.Base(path)+" holds one; remove the line of three dashes")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return s, fromYAML(path, data, err, keys)
	}
	return s, nil
}

// survive is deferred: the YAML library panics on some malformed input, such as a
// tag with nothing behind it, and a save in the middle of typing must not end the
// loop.
func survive(path string, err *error) {
	if r := recover(); r != nil {
		*err = &Error{File: path, Message: fmt.Sprintf("not valid YAML (%v)", r), Hint: "look for an unfinished line or a stray ! & * tag"}
	}
}
