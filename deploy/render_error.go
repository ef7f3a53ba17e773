package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// RenderError says why a release's files give no manifest: a chart that cannot
// be loaded, a values file that is no YAML, a template that fails, values that
// the chart's schema refuses.
type RenderError struct {
	Release string
	// File is the path on disk of the file to look at, or the path below the
	// archive's name for a chart that is a .tgz.
	File string
	// Line counts from 1; 0 where no line is known.
	Line int
	// Message is what is wrong, Hint what to do about it, where there is more
	// to do than to correct that line.
	Message, Hint string
	// Err is what the parser or the engine said, in full.
	Err error
}

func (e *RenderError) Error() string {
	place := e.File
	if e.Line > 0 {
		place += ":" + strconv.Itoa(e.Line)
	}
	text := fmt.Sprintf("render release %s: %s: %s", e.Release, place, e.Message)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *RenderError) Unwrap() error { return e.Err }

var (
	// templateAt is a place as text/template and Helm's engine write it.
	templateAt = regexp.MustCompile(`(?:template: |at \()([^\s:()]+):(\d+)(?::\d+)?[:)]`)
	// yamlAt is Helm's complaint about a template that rendered to no YAML.
	yamlAt = regexp.MustCompile(`YAML parse error on ([^\s:]+): `)
	// calling is the tail that text/template adds for each include on the way.
	executing = regexp.MustCompile(`^executing "[^"]*" at (<.*>): `)
)

// templateError finds in an error of Helm's engine the template and line where
// it began: the innermost of the places named, so that a fault in a helper is
// reported in the helper. It returns nil for an error that is about no template.
func templateError(rel Release, rendered map[string]string, err error) *RenderError {
	text := err.Error()
	if m := yamlAt.FindStringSubmatch(text); m != nil {
		return yamlError(rel, m[1], rendered[m[1]], err)
	}
	file, line, message := "", 0, text
	for _, m := range templateAt.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		if !strings.Contains(name, "/") {
			continue // the name of a string given to tpl
		}
		file, message = name, strings.TrimLeft(text[m[1]:], ": ")
		line, _ = strconv.Atoi(text[m[4]:m[5]]) // the pattern admits digits only
	}
	if file == "" {
		return nil
	}
	message = executing.ReplaceAllString(message, "$1: ")
	return &RenderError{Release: rel.Name, File: inChart(rel, chartFile(file)), Line: line, Message: message, Err: err}
}

// yamlError explains a template whose output is no YAML. The parser counts
// lines of the output; the template's own line is told where the faulty output
// line stands in it word for word, or the output line is quoted.
func yamlError(rel Release, template, rendered string, err error) *RenderError {
	e := &RenderError{Release: rel.Name, File: inChart(rel, chartFile(template)), Err: err,
		Message: "does not render to YAML: " + lastPart(err.Error())}
	n := faultLine([]byte(rendered), err)
	lines := strings.Split(rendered, "\n")
	if n < 1 || n > len(lines) {
		return e
	}
	// A YAML parser notices a fault on the line after it as often as on it.
	for _, at := range []int{n - 1, n - 2, n} {
		if at < 0 || at >= len(lines) {
			continue
		}
		if line := uniqueLine(e.File, lines[at]); line > 0 {
			e.Line = line
			return e
		}
	}
	e.Message += fmt.Sprintf("; rendered line %d: %s", n, strings.TrimSpace(lines[n-1]))
	return e
}

// lastPart is the innermost message of an error that Helm wrapped.
func lastPart(text string) string {
	if _, after, ok := strings.Cut(text, "yaml: "); ok {
		return after
	}
	return text
}

// uniqueLine is the number of the only line of a file that reads like this one,
// or 0.
func uniqueLine(path, text string) int {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return 0
	}
	found := 0
	for i, line := range strings.Split(string(data), "\n") {
		if strings.TrimSpace(line) != text {
			continue
		}
		if found > 0 {
			return 0
		}
		found = i + 1
	}
	return found
}
