package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// reference is where the tables of all keys stand, between these two lines.
const (
	reference      = "../../docs/config.md"
	referenceBegin = "<!-- Every key: written by go test ./internal/config -run Reference -update -->\n"
	referenceEnd   = "<!-- end of every key -->\n"
)

func TestTheReferenceInTheDocsIsThatOfTheSchema(t *testing.T) {
	filetest.Block(t, *update, reference, referenceBegin, referenceEnd, tables(t),
		"it does not tell what describe.go says: run go test ./internal/config -run Reference -update")
}

// tables draws a table for each type of the schema, in the order in which a reader
// of the file comes to them.
func tables(t *testing.T) string {
	t.Helper()
	s, err := reflected()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	known := map[string]string{} // type -> where its table is
	var visit func(typ, path string)
	visit = func(typ, path string) {
		def := s.Definitions[typ]
		title := "At the top"
		if path != "" {
			title = "`" + path + "`"
		}
		fmt.Fprintf(&b, "\n### %s\n\n| key | value | meaning |\n|---|---|---|\n", title)
		var below [][2]string
		for p := def.Properties.Oldest(); p != nil; p = p.Next() {
			kind, inner, at := kindOf(p.Value)
			inner = strings.TrimSuffix(inner, overlay) // no key is required there, else it is the same
			if where := known[inner]; where != "" {
				kind, inner = strings.Replace(kind, "below", "as `"+where+"`", 1), ""
			} else if inner != "" {
				known[inner] = strings.TrimPrefix(path+"."+p.Key+at, ".")
			}
			text := strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(p.Value.Description)
			if slices.Contains(def.Required, p.Key) {
				text = "**Required.** " + text
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Key, kind, text)
			if inner != "" {
				below = append(below, [2]string{inner, known[inner]})
			}
		}
		for _, next := range below {
			visit(next[0], next[1])
		}
	}
	visit("Project", "")
	return b.String() + "\n"
}

// kindOf says in words what a key's value is. Where it holds another type of the
// schema, that is inner, and at what is behind the key in its path.
func kindOf(s *jsonschema.Schema) (kind, inner, at string) {
	if typ, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		return "map, below", typ, ""
	}
	if len(s.OneOf) > 0 {
		var kinds []string
		for _, one := range s.OneOf {
			kind, _, _ := kindOf(one)
			kinds = append(kinds, kind)
		}
		return strings.Join(kinds, " or "), "", ""
	}
	name := s.Type
	if types, ok := s.Extras["type"].([]string); ok {
		name = types[0]
	}
	switch name {
	case "array":
		element, inner, _ := kindOf(s.Items)
		if inner != "" {
			return "list, below", inner, "[]"
		}
		return "list of " + plural(element), "", ""
	case "object":
		if s.AdditionalProperties == nil {
			return "map of names to any values", "", ""
		}
		element, inner, _ := kindOf(s.AdditionalProperties)
		switch {
		case inner != "":
			return "map by name, below", inner, ".NAME"
		case element == "":
			return "map of names to any values", "", ""
		}
		return "map of names to " + plural(element), "", ""
	case "string":
		if len(s.Enum) > 0 {
			return oneOfWords(s.Enum), "", ""
		}
		return "text", "", ""
	case "boolean":
		return "true or false", "", ""
	case "integer":
		return "number", "", ""
	}
	return name, "", ""
}

// oneOfWords lists what a key can be; nothing is allowed for every key, and not said.
func oneOfWords(all []any) string {
	var words []string
	for _, v := range all {
		if v != nil {
			words = append(words, fmt.Sprintf("`%v`", v))
		}
	}
	return strings.Join(words, ", ")
}

func plural(kind string) string { return kind + "s" }
