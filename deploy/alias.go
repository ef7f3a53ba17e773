package deploy

import "helm.sh/helm/v3/pkg/chart"

// aliased is a copy of a chart whose subcharts have the names that values know
// them by. Helm renames them too, but leaves out those that are switched off in
// the same go: their images may be named all the same.
func aliased(ch *chart.Chart) *chart.Chart {
	out := cloneChart(ch)
	var subs []*chart.Chart
	for _, sub := range ch.Dependencies() {
		for _, name := range namesInValues(ch, sub) {
			renamed := aliased(sub)
			if renamed.Metadata != nil {
				renamed.Metadata.Name = name
			}
			subs = append(subs, renamed)
		}
	}
	out.SetDependencies(subs...)
	return out
}

// namesInValues are a subchart's aliases, and its own name where it has none or is
// also taken in without one.
func namesInValues(ch, sub *chart.Chart) []string {
	var names []string
	for _, d := range ch.Metadata.Dependencies {
		if d == nil || d.Name != sub.Name() {
			continue
		}
		if d.Alias != "" {
			names = append(names, d.Alias)
		} else {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return []string{sub.Name()}
	}
	return names
}
