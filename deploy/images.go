package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// setImage puts an image reference where the chart has an image value. merged
// is what the chart would see without it; vals is what is given to the chart.
func setImage(rel Release, vals, merged map[string]any, path, ref string) error {
	steps, err := parsePath(path)
	if err != nil {
		return fmt.Errorf("render release %s: image value %q: %w", rel.Name, path, err)
	}
	old, ok := lookupPath(merged, steps)
	if !ok {
		return unknownImage(rel, merged, path)
	}
	set := func(steps []any, v any) error { return setPath(vals, merged, steps, v) }
	fields, isMap := old.(map[string]any)
	if !isMap {
		return set(steps, ref)
	}
	if _, ok := fields["repository"]; !ok && len(fields) > 0 {
		return &RenderError{Release: rel.Name, File: inChart(rel, "values.yaml"), Line: valueLine(inChart(rel, "values.yaml"), steps),
			Message: fmt.Sprintf("image value %q is a map without a repository, so the image cannot be put there", path),
			Hint:    "name a value that is a string, or a map with repository and tag"}
	}
	colon := strings.LastIndex(ref, ":")
	if colon < 0 || strings.Contains(ref[colon:], "/") || strings.Contains(ref, "@") {
		return fmt.Errorf("render release %s: image value %q: reference %q has no tag", rel.Name, path, ref)
	}
	parts := map[string]any{"repository": ref[:colon], "tag": ref[colon+1:]}
	for _, key := range []string{"registry", "digest"} {
		if _, ok := fields[key]; ok {
			parts[key] = ""
		}
	}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		if err := set(append(slices.Clone(steps), key), parts[key]); err != nil {
			return err
		}
	}
	return nil
}

// unknownImage names the path that is not there and the nearest one that is.
func unknownImage(rel Release, merged map[string]any, path string) error {
	e := &RenderError{Release: rel.Name, File: inChart(rel, "values.yaml"),
		Message: fmt.Sprintf("image value %q is not among the chart's values", path)}
	near := closest(path, valuePaths("", merged))
	if near == "" {
		e.Hint = "add it there, or correct the release's images"
		return e
	}
	e.Hint = fmt.Sprintf("did you mean %q?", near)
	if steps, err := parsePath(near); err == nil {
		e.Line = valueLine(e.File, steps)
	}
	return e
}

// parsePath splits a.b[0].c into "a", "b", 0, "c"; \. is a dot in a name.
func parsePath(path string) ([]any, error) {
	var steps []any
	name := strings.Builder{}
	flush := func() {
		if name.Len() > 0 {
			steps = append(steps, name.String())
			name.Reset()
		}
	}
	for i := 0; i < len(path); i++ {
		switch ch := path[i]; {
		case ch == '\\' && i+1 < len(path):
			i++
			name.WriteByte(path[i])
		case ch == '.':
			flush()
		case ch == '[':
			flush()
			end := strings.IndexByte(path[i:], ']')
			if end < 0 {
				return nil, fmt.Errorf("[ without ]")
			}
			n, err := strconv.Atoi(path[i+1 : i+end])
			if err != nil || n < 0 {
				return nil, fmt.Errorf("%s is no list index", path[i:i+end+1])
			}
			steps = append(steps, n)
			i += end
		default:
			name.WriteByte(ch)
		}
	}
	flush()
	if len(steps) == 0 {
		return nil, fmt.Errorf("empty path")
	}
	return steps, nil
}

func lookupPath(v any, steps []any) (any, bool) {
	for _, step := range steps {
		switch key := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				return nil, false
			}
			if v, ok = m[key]; !ok {
				return nil, false
			}
		case int:
			l, ok := v.([]any)
			if !ok || key >= len(l) {
				return nil, false
			}
			v = l[key]
		}
	}
	return v, true
}

// setPath sets a value that exists in merged. Helm replaces a list as a whole,
// so the first list on the way is copied from merged: its other items stay.
func setPath(vals, merged map[string]any, steps []any, value any) error {
	var at any = vals
	for i, step := range steps[:len(steps)-1] {
		next, err := child(at, step)
		if err != nil {
			return err
		}
		whole, _ := lookupPath(merged, steps[:i+1])
		switch w := whole.(type) {
		case map[string]any:
			if m, ok := next.(map[string]any); ok {
				at = m
				continue
			}
			m := map[string]any{}
			put(at, step, m)
			at = m
		case []any:
			if l, ok := next.([]any); ok {
				at = l
				continue
			}
			l := runtime.DeepCopyJSONValue(w)
			put(at, step, l)
			at = l
		default: // an image map that the chart leaves empty
			m := map[string]any{}
			put(at, step, m)
			at = m
		}
	}
	put(at, steps[len(steps)-1], value)
	return nil
}

func child(at, step any) (any, error) {
	switch c := at.(type) {
	case map[string]any:
		if key, ok := step.(string); ok {
			return c[key], nil
		}
	case []any:
		if i, ok := step.(int); ok && i < len(c) {
			return c[i], nil
		}
	}
	return nil, fmt.Errorf("values have no %v there", step)
}

func put(at, step, value any) {
	switch c := at.(type) {
	case map[string]any:
		if key, ok := step.(string); ok {
			c[key] = value
		}
	case []any:
		if i, ok := step.(int); ok && i < len(c) {
			c[i] = value
		}
	}
}
