package deploy

import (
	"slices"

	"helm.sh/helm/v3/pkg/release"
)

// hooksOf lists the hooks of the given moments, moment by moment, in the order
// in which helm runs them.
func hooksOf(r *Rendered, when Hooks, moments ...release.HookEvent) []Hook {
	if when == HooksNever {
		return nil
	}
	var out []Hook
	for _, m := range moments {
		var at []Hook
		for _, h := range r.Hooks {
			if slices.Contains(h.Events, m.String()) {
				h.Events = []string{m.String()}
				at = append(at, h)
			}
		}
		slices.SortStableFunc(at, func(a, b Hook) int { return a.Weight - b.Weight })
		out = append(out, at...)
	}
	return out
}
