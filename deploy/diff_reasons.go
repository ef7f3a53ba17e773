package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
)

// explainDiff finds why a release is not as its record: the record holds the chart
// and the values of its time. Of values only the keys are told. A template that
// is another marks its objects as Edited.
func explainDiff(src *source, last, base *release.Release, d *Diff) error {
	if last.Info.Status != release.StatusDeployed {
		d.Reasons = append(d.Reasons, Reason{Text: fmt.Sprintf("revision %d is %s", last.Version, last.Info.Status)})
	}
	ch, err := loadChart(src.rel)
	if err != nil {
		return err
	}
	if base.Chart == nil {
		return nil
	}
	edited := map[string]bool{}
	for _, f := range changedFiles(base.Chart, ch) {
		edited[f.File] = f.Text != "removed"
		f.File = inChart(src.rel, f.File)
		d.Reasons = append(d.Reasons, f)
	}
	for i := range d.Objects {
		d.Objects[i].Edited = edited[d.Objects[i].Template]
	}
	// As recorded charts are: with what they import from their dependencies.
	if err := chartutil.ProcessDependenciesWithMerge(ch, src.vals); err != nil {
		return fmt.Errorf("render release %s: resolve dependencies: %w", src.rel.Name, err)
	}
	d.Reasons = append(d.Reasons, changedValues(src, base, ch)...)
	if !sameMetadata(ch.Metadata, base.Chart.Metadata) {
		d.Reasons = append(d.Reasons, Reason{Text: "changed", File: inChart(src.rel, "Chart.yaml")})
	}
	if len(d.Reasons) == 0 {
		d.Reasons = []Reason{{Text: "the chart renders to something else: by a subchart, by a lookup or by what the cluster offers"}}
	}
	return nil
}

// changedFiles names the templates and other files, relative to the chart, that
// differ, came or went. Subcharts are not recorded.
func changedFiles(was, now *chart.Chart) []Reason {
	content := func(c *chart.Chart) map[string][]byte {
		all := map[string][]byte{}
		for _, f := range slices.Concat(c.Templates, c.Files) {
			all[f.Name] = f.Data
		}
		return all
	}
	old, new := content(was), content(now)
	both := maps.Clone(old)
	maps.Copy(both, new)
	var out []Reason
	for _, name := range slices.Sorted(maps.Keys(both)) {
		o, had := old[name]
		n, has := new[name]
		switch {
		case !had:
			out = append(out, Reason{Text: "added", File: name})
		case !has:
			out = append(out, Reason{Text: "removed", File: name})
		case !bytes.Equal(o, n):
			out = append(out, Reason{Text: "changed", File: name})
		}
	}
	return out
}

// changedValues names the values that differ: those given to the chart, and the
// chart's own.
func changedValues(src *source, last *release.Release, ch *chart.Chart) []Reason {
	rel := src.rel
	given := differing(last.Config, src.vals)
	keys := slices.Concat(given, differing(last.Chart.Values, ch.Values))
	var out []Reason
	told := map[string]bool{}
	for _, steps := range keys {
		key := strings.Join(steps, ".")
		if image := imageOf(rel, key); image != "" {
			if !told[image] {
				out = append(out, Reason{Text: fmt.Sprintf("image value %s is now %s", image, rel.Images[image])})
			}
			told[image] = true
		}
		if told[key] || imageOf(rel, key) != "" {
			continue
		}
		told[key] = true
		file, line := whereSet(rel, "/"+strings.Join(steps, "/"))
		if _, set := rel.Set[key]; set {
			file, line = "", 0
		}
		out = append(out, Reason{Text: "value " + key, File: file, Line: line})
	}
	return out
}

// imageOf is the image value that a key is, or is a part of.
func imageOf(rel Release, key string) string {
	for path := range rel.Images {
		if key == path || strings.HasPrefix(key, path+".") {
			return path
		}
	}
	return ""
}

// differing lists the keys of two maps, as steps, under which they differ,
// sorted.
func differing(a, b map[string]any) [][]string {
	var out [][]string
	var walk func(at []string, x, y any)
	walk = func(at []string, x, y any) {
		if reflect.DeepEqual(x, y) {
			return
		}
		xm, ok1 := x.(map[string]any)
		ym, ok2 := y.(map[string]any)
		deeper := (ok1 || x == nil) && (ok2 || y == nil) && len(xm)+len(ym) > 0
		if !deeper {
			out = append(out, at)
			return
		}
		both := map[string]bool{}
		for _, m := range []map[string]any{xm, ym} {
			for k := range m {
				both[k] = true
			}
		}
		for _, k := range slices.Sorted(maps.Keys(both)) {
			walk(append(slices.Clone(at), k), xm[k], ym[k])
		}
	}
	walk(nil, asJSON(a), asJSON(b))
	return out
}

// asJSON is a map as it comes back from a record, where every number is a
// float64.
func asJSON(m map[string]any) any {
	out := map[string]any{}
	data, err := json.Marshal(nonNil(m))
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return m
	}
	return out
}
