package overlay

import "maps"

// Maps lays over upon below as helm does for --values: maps key by key, all else
// replaced. A null stays, to delete a chart's default later. Neither is changed;
// the result shares what lies deeper than a change. It is never nil.
func Maps(below, over map[string]any) map[string]any {
	out := maps.Clone(below)
	if out == nil {
		out = map[string]any{}
	}
	for key, v := range over {
		a, ok1 := out[key].(map[string]any)
		b, ok2 := v.(map[string]any)
		if ok1 && ok2 {
			v = Maps(a, b)
		}
		out[key] = v
	}
	return out
}
