package scaffold

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// width is where a line in flow style ends at the latest.
const width = 90

// YAML is the file's text, with comments for somebody who sees one for the first
// time.
func (d *Draft) YAML() []byte {
	w := &writer{notes: d.Notes}
	fmt.Fprintf(&w.out, "# yaml-language-server: $schema=%s\n", config.SchemaURL)
	w.text("", "What devloop keeps in the cluster: devloop up. All keys: devloop schema.")
	p := reflect.ValueOf(d.Project)
	for i := range p.NumField() {
		key := keyOf(p.Type().Field(i))
		if key == "" {
			continue
		}
		section := sections[key]
		if p.Field(i).IsZero() || isEmpty(p.Field(i)) {
			if section.example != "" {
				w.out.WriteByte('\n')
				w.text("", section.head)
				w.text("", section.example)
			}
			continue
		}
		if i > 1 {
			w.out.WriteByte('\n')
		}
		w.text("", section.head)
		w.entry("", key, key, p.Field(i))
		if section.foot != "" {
			w.text("    ", section.foot)
		}
	}
	return w.out.Bytes()
}

// section is what is said about a key at the top of the file.
type section struct {
	head string // above it
	foot string // below it, in its last entry
	// example stands commented out where the file does not have the key.
	example string
}

var sections = map[string]section{
	"images": {head: "Built when what is in them changes, and named by that: no change, no build,\nno restart. A context is the folder that the Dockerfile copies from."},
	"releases": {head: "What helm would install. A release is upgraded when its chart, its values or\none of its images changes. images: chart value -> image from above.",
		foot: "namespace: my-namespace    # default: the one of the kubeconfig context\ncreateNamespace: true      # make it if it is not there\nset: {replicas: 1}         # as helm --set; wins over values\nneeds: [database]          # releases that must be ready before"},
	"forward": {head: "Ports of services on this machine, while devloop up runs.",
		example: "forward:\n  - {release: my-release, service: my-service, port: 80, local: 8080}"},
	"drift":    {},
	"profiles": {head: "Laid over the rest while in force: by devloop -p NAME, or when: holds."},
}

type writer struct {
	out   bytes.Buffer
	notes map[string]string
}

// text writes a comment, a line of it at a time.
func (w *writer) text(indent, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		fmt.Fprintf(&w.out, "%s# %s\n", indent, strings.TrimRight(line, "\n"))
	}
}

// entry writes one key, at is its path. A value without maps in it goes on one line
// if that is short enough; releases always go on several, as people add to them.
func (w *writer) entry(indent, key, at string, v reflect.Value) {
	w.text(indent, w.notes[at])
	v = indirect(v)
	fmt.Fprintf(&w.out, "%s%s:", indent, scalar(reflect.ValueOf(key)))
	if line, ok := flow(v); ok && !spread(at) && len(indent)+len(key)+2+len(line) <= width || isEmpty(v) {
		fmt.Fprintf(&w.out, " %s\n", line)
		return
	}
	w.out.WriteByte('\n')
	w.block(indent+"  ", at, v)
}

func spread(at string) bool {
	first, rest, _ := strings.Cut(at, ".")
	return rest == "" && (first == "images" || first == "releases" || first == "forward") || first == "releases" && !strings.Contains(rest, ".")
}

func (w *writer) block(indent, at string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		for _, f := range fields(v) {
			w.entry(indent, f.key, at+"."+f.key, f.value)
		}
	case reflect.Slice:
		for i := range v.Len() {
			item := indirect(v.Index(i))
			if line, ok := flow(item); ok && len(indent)+2+len(line) <= width {
				fmt.Fprintf(&w.out, "%s- %s\n", indent, line)
				continue
			}
			fmt.Fprintf(&w.out, "%s-\n", indent)
			w.block(indent+"  ", at, item)
		}
	}
}

type field struct {
	key   string
	value reflect.Value
}

// fields are the entries of a struct or map that say something, a struct's in its
// own order, a map's by name.
func fields(v reflect.Value) []field {
	var out []field
	if v.Kind() == reflect.Map {
		keys := map[string]reflect.Value{}
		for _, k := range v.MapKeys() {
			keys[k.String()] = v.MapIndex(k)
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			out = append(out, field{k, keys[k]})
		}
		return out
	}
	for i := range v.NumField() {
		if key := keyOf(v.Type().Field(i)); key != "" && !v.Field(i).IsZero() && !isEmpty(v.Field(i)) {
			out = append(out, field{key, v.Field(i)})
		}
	}
	return out
}

// keyOf is a field's key in the file, or "" for one that is not in it.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if key == "-" {
		return ""
	}
	return key
}

func indirect(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) && !v.IsNil() {
		v = v.Elem()
	}
	return v
}

// isEmpty: a map or list without entries. Only the file's own keys are left out
// because of it; in a user's values it means something.
func isEmpty(v reflect.Value) bool {
	v = indirect(v)
	return v.IsValid() && (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.Len() == 0
}

// flow is a value on one line; ok: it reads well so, being flat enough.
func flow(v reflect.Value) (text string, ok bool) {
	v = indirect(v)
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		parts, flat := []string{}, true
		for _, f := range fields(v) {
			text, _ := flow(f.value)
			if k := indirect(f.value).Kind(); k == reflect.Struct || k == reflect.Map {
				flat = false
			}
			parts = append(parts, scalar(reflect.ValueOf(f.key))+": "+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", flat
	case reflect.Slice:
		parts, flat := []string{}, true
		for i := range v.Len() {
			text, _ := flow(v.Index(i))
			if k := indirect(v.Index(i)).Kind(); k == reflect.Struct || k == reflect.Map || k == reflect.Slice {
				flat = false
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", flat
	}
	return scalar(v), true
}

var (
	plain = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./@+=-]*$`)
	// What YAML 1.1 or 1.2 takes for something else than a text.
	special = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|~|\.inf|\.nan)$`)
)

// scalar is one value; a text without quotes where no reader of YAML can mistake
// it.
func scalar(v reflect.Value) string {
	v = indirect(v)
	switch {
	case !v.IsValid() || (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) && v.IsNil():
		return "null"
	case v.Kind() == reflect.String && plain.MatchString(v.String()) && !special.MatchString(v.String()):
		return v.String()
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b) // JSON's texts and numbers are YAML's
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return fmt.Sprintf("%q", fmt.Sprint(v.Interface()))
	}
	return strings.TrimSpace(b.String())
}
