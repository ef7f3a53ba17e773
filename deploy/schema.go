package deploy

import (
	"fmt"
	"regexp"
	"strings"
)

// violation is one line of what the schema validator says.
var violation = regexp.MustCompile(`(?m)^\s*- at '([^']*)': (.*)$`)

// schemaError says which values a chart's values.schema.json refuses, and in
// which file the first of them stands. An error of another kind is passed on.
func schemaError(rel Release, err error) error {
	found := violation.FindAllStringSubmatch(err.Error(), -1)
	if len(found) == 0 {
		return fmt.Errorf("render release %s: values: %w", rel.Name, err)
	}
	e := &RenderError{Release: rel.Name, File: inChart(rel, "values.schema.json"), Err: err}
	var said []string
	for _, m := range found {
		path := strings.ReplaceAll(strings.Trim(m[1], "/"), "/", ".")
		if path == "" {
			path = "values"
		}
		said = append(said, path+": "+m[2])
		if e.Line == 0 {
			if file, line := whereSet(rel, m[1]); line > 0 {
				e.File, e.Line = file, line
			}
		}
	}
	e.Message = "the chart's schema refuses " + strings.Join(said, "; ")
	return e
}

// whereSet finds the last values file in which a JSON pointer's value stands.
func whereSet(rel Release, pointer string) (string, int) {
	var steps []any
	for _, s := range strings.Split(strings.Trim(pointer, "/"), "/") {
		if s != "" {
			steps = append(steps, s)
		}
	}
	files := append([]string{inChart(rel, "values.yaml")}, rel.Values...)
	for i := len(files) - 1; i >= 0; i-- {
		if line := valueLine(files[i], steps); line > 0 {
			return files[i], line
		}
	}
	return "", 0
}
