package experiment

import "maps"

// values are what ${name} stands for.
type values map[string]string

func (v values) with(name, value string) values {
	out := maps.Clone(v)
	out[name] = value
	return out
}

func (v values) expand(text string) string {
	return variable.ReplaceAllStringFunc(text, func(m string) string {
		if value, is := v[m[2:len(m)-1]]; is {
			return value
		}
		return m
	})
}

func (v values) list(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = v.expand(w)
	}
	return out
}

func (v values) each(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, text := range m {
		out[k] = v.expand(text)
	}
	return out
}
