package valuecheck

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/devloop-dev/devloop/internal/near"
	"github.com/devloop-dev/devloop/internal/overlay"
)

// Unknown is a key that sets nothing.
type Unknown struct {
	Key  string // as under set:
	Near string // the chart's value that was probably meant, or ""
}

// String is the warning, without the release's name.
func (u Unknown) String() string {
	text := fmt.Sprintf("set: %s is no value of the chart, so it changes nothing", u.Key)
	if u.Near != "" {
		text += fmt.Sprintf("; did you mean %s?", u.Near)
	}
	return text
}

// Keys are those of set that the chart in a folder or .tgz does not know, sorted. A
// chart that cannot be read has none: rendering it tells what is wrong.
func Keys(path string, set map[string]any) []Unknown {
	if len(set) == 0 {
		return nil
	}
	ch, err := loader.Load(path)
	if err != nil {
		return nil
	}
	c := known{values: valuesOf(ch), templates: templatesOf(ch)}
	var all []string
	c.paths("", c.values, &all)
	var out []Unknown
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if !c.has(steps(key)) {
			out = append(out, Unknown{key, near.Name(key, all)})
		}
	}
	return out
}

// known is what a chart's author wrote down of its values.
type known struct {
	values    map[string]any
	templates string // all of them
}

// has follows a key into the values as far as they go.
func (c known) has(key []string) bool {
	var at any = c.values
	for i, step := range key {
		if strings.HasPrefix(step, "[") {
			return true // lists are open
		}
		m, isMap := at.(map[string]any)
		switch {
		case i == 0 && (step == "global" || step == "tags"):
			return true // helm's own
		case at == nil || isMap && len(m) == 0 && i > 0:
			return true // left open by the chart
		case !isMap:
			return false // below a text or a number there is nothing
		}
		next, there := m[step]
		if !there {
			return c.mentioned(key[:i], key[i:])
		}
		at = next
	}
	return true
}

// mentioned: a template names the key, or uses the map it would be in as a whole.
func (c known) mentioned(above, below []string) bool {
	if strings.Contains(c.templates, `"`+below[0]+`"`) {
		return true // index .Values "key", or a check for it
	}
	for i := range below {
		path := append(slices.Clone(above), below[:i+1]...)
		if used(path, i+1 < len(below)).MatchString(c.templates) {
			return true
		}
	}
	// A map that stands in the values for keys to be added to.
	return len(above) > 0 && used(above, true).MatchString(c.templates)
}

// used finds .Values.a.b in a template; whole: with nothing of it named further.
func used(path []string, whole bool) *regexp.Regexp {
	var quoted []string
	for _, p := range path {
		quoted = append(quoted, regexp.QuoteMeta(p))
	}
	end := `\b`
	if whole {
		end = `($|[^.\w-])`
	}
	return regexp.MustCompile(`\.Values\.` + strings.Join(quoted, `\.`) + end)
}

// valuesOf are a chart's values with those of its subcharts under their names.
func valuesOf(ch *chart.Chart) map[string]any {
	out := maps.Clone(ch.Values)
	if out == nil {
		out = map[string]any{}
	}
	for _, sub := range ch.Dependencies() {
		for _, name := range namesOf(ch, sub) {
			below := valuesOf(sub)
			if own, ok := out[name].(map[string]any); ok {
				below = overlay.Maps(below, own)
			}
			out[name] = below
		}
	}
	for _, d := range ch.Metadata.Dependencies {
		for _, condition := range strings.Split(d.Condition, ",") {
			if condition = strings.TrimSpace(condition); condition != "" {
				open(out, strings.Split(condition, "."))
			}
		}
	}
	return out
}

// open puts an empty value where a condition may be set.
func open(values map[string]any, path []string) {
	for i, step := range path {
		if i == len(path)-1 {
			if _, there := values[step]; !there {
				values[step] = nil
			}
			return
		}
		next, ok := values[step].(map[string]any)
		if !ok {
			next = map[string]any{}
		} else {
			next = maps.Clone(next)
		}
		values[step] = next
		values = next
	}
}

// namesOf are the names a subchart's values stand under: its own, or its aliases.
func namesOf(ch, sub *chart.Chart) []string {
	var out []string
	for _, d := range ch.Metadata.Dependencies {
		if d.Name != sub.Name() {
			continue
		}
		if d.Alias != "" {
			out = append(out, d.Alias)
		} else {
			out = append(out, d.Name)
		}
	}
	if len(out) == 0 {
		return []string{sub.Name()}
	}
	return out
}

// templatesOf are all templates of a chart in one text. A subchart's name its values
// without the subchart's name, so they are given it.
func templatesOf(ch *chart.Chart) string {
	var b strings.Builder
	for _, t := range ch.Templates {
		b.Write(t.Data)
		b.WriteByte('\n')
	}
	for _, sub := range ch.Dependencies() {
		for _, name := range namesOf(ch, sub) {
			b.WriteString(strings.ReplaceAll(templatesOf(sub), ".Values.", ".Values."+name+"."))
		}
	}
	return b.String()
}

func (c known) paths(prefix string, v any, out *[]string) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	for k, child := range m {
		name := strings.ReplaceAll(k, ".", `\.`)
		if prefix != "" {
			name = prefix + "." + name
		}
		*out = append(*out, name)
		c.paths(name, child, out)
	}
}

// steps splits a key by the rules of helm --set: a.b[0].c; \. is a dot in a name.
func steps(key string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	for i := 0; i < len(key); i++ {
		switch ch := key[i]; {
		case ch == '\\' && i+1 < len(key):
			i++
			b.WriteByte(key[i])
		case ch == '.':
			flush()
		case ch == '[':
			flush()
			b.WriteByte(ch)
		default:
			b.WriteByte(ch)
		}
	}
	flush()
	return out
}
