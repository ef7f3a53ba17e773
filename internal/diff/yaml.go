package diff

import (
	"encoding/json"
	"strings"

	"sigs.k8s.io/yaml"
)

// block is a value in lines of YAML, with what names an object or item first.
// It is for reading: a text of lines is a block whatever it holds.
func block(v any) []string {
	var out []string
	switch x := v.(type) {
	case map[string]any:
		if len(x) == 0 {
			return []string{"{}"}
		}
		for _, k := range sortedKeys(x) {
			out = append(out, entry(scalar(k)+":", x[k])...)
		}
	case []any:
		if len(x) == 0 {
			return []string{"[]"}
		}
		for _, item := range x {
			for i, line := range block(item) {
				dash := "- "
				if i > 0 {
					dash = "  "
				}
				out = append(out, dash+line)
			}
		}
	default:
		out = append(out, scalar(v))
	}
	return out
}

// entry is one key of a map with its value.
func entry(label string, v any) []string {
	if line, ok := oneLine(v); ok {
		return []string{label + " " + line}
	}
	indent := strings.Repeat(" ", under(v))
	var lines []string
	if text, ok := v.(string); ok {
		label += " |"
		if !strings.HasSuffix(text, "\n") {
			label += "-"
		}
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	} else {
		lines = block(v)
	}
	out := []string{label}
	for _, line := range lines {
		out = append(out, indent+line)
	}
	return out
}

// oneLine tells whether a value stands behind its key.
func oneLine(v any) (string, bool) {
	switch x := v.(type) {
	case map[string]any:
		return "{}", len(x) == 0
	case []any:
		return "[]", len(x) == 0
	case string:
		if strings.Contains(strings.TrimSuffix(x, "\n"), "\n") {
			return "", false
		}
	}
	return scalar(v), true
}

// scalar quotes where YAML needs it.
func scalar(v any) string {
	data, err := yaml.Marshal(v)
	text := strings.TrimSuffix(string(data), "\n")
	if err != nil || strings.Contains(text, "\n") {
		if data, err = json.Marshal(v); err != nil {
			return "?"
		}
		text = string(data)
	}
	return text
}

// widest is how many characters of a value are shown, lead how many of them
// before the first difference where the beginning is cut.
const (
	widest = 140
	lead   = 40
)

func clip(text string) string {
	r := []rune(text)
	if len(r) <= widest {
		return text
	}
	return string(r[:widest]) + "…"
}

// aroundDifference cuts the common beginning of two long values.
func aroundDifference(a, b string) (string, string) {
	x, y := []rune(a), []rune(b)
	if len(x) <= widest && len(y) <= widest {
		return a, b
	}
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	if n <= lead {
		return a, b
	}
	return "…" + string(x[n-lead:]), "…" + string(y[n-lead:])
}
