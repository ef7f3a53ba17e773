//go:build sandbox

package fidelity

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strconv"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
)

// history is a release's records, ready to be compared: in runs of one content.
// Plain helm makes a revision even where nothing has changed, devloop does not;
// a run counts as one revision.
type history struct {
	runs []run
}

type run struct {
	number  int // of the revision, had the earlier runs been of length one
	records []*release.Release
}

func newHistory(records []*release.Release) history {
	var h history
	extra := 0
	for _, r := range records {
		if n := len(h.runs); n > 0 && sameContent(h.runs[n-1].last(), r) {
			h.runs[n-1].records = append(h.runs[n-1].records, r)
			extra++
			continue
		}
		h.runs = append(h.runs, run{r.Version - extra, []*release.Release{r}})
	}
	return h
}

func (r run) first() *release.Release { return r.records[0] }
func (r run) last() *release.Release  { return r.records[len(r.records)-1] }

// sameContent says whether a successful revision brought nothing new.
func sameContent(a, b *release.Release) bool {
	for _, r := range []*release.Release{a, b} {
		switch r.Info.Status {
		case release.StatusDeployed, release.StatusSuperseded, release.StatusUninstalled:
		default:
			return false
		}
	}
	if len(a.Hooks) != len(b.Hooks) || a.Info.Status == release.StatusUninstalled {
		return false
	}
	for i := range a.Hooks {
		if a.Hooks[i].Path != b.Hooks[i].Path || a.Hooks[i].Manifest != b.Hooks[i].Manifest {
			return false
		}
	}
	return a.Manifest == b.Manifest && a.Info.Notes == b.Info.Notes &&
		(len(a.Config) == 0 && len(b.Config) == 0 || reflect.DeepEqual(a.Config, b.Config)) &&
		reflect.DeepEqual(a.Chart.Metadata, b.Chart.Metadata)
}

// version is a side's own number of a revision, by the number without repeats.
func (h history) version(number int) (int, error) {
	for _, r := range h.runs {
		if r.number == number {
			return r.first().Version, nil
		}
	}
	return 0, fmt.Errorf("there is no revision %d", number)
}

// doubled are the numbers of the revisions that took more than one record.
func (h history) doubled() map[int]bool {
	out := map[int]bool{}
	for _, r := range h.runs {
		if len(r.records) > 1 {
			out[r.number] = true
		}
	}
	return out
}

var rollbackTo = regexp.MustCompile(`^Rollback to (\d+)$`)

// description of a run: a repeat says no more than its first, but for its end.
func (h history) description(r run) string {
	text := r.first().Info.Description
	if r.last().Info.Status == release.StatusUninstalled {
		text = r.last().Info.Description
	}
	m := rollbackTo.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	for _, other := range h.runs {
		for _, rec := range other.records {
			if strconv.Itoa(rec.Version) == m[1] {
				return fmt.Sprintf("Rollback to %d", other.number)
			}
		}
	}
	return text
}

// normal is the history without times and the namespace's name. Where either
// side has doubled a revision its hooks' last runs are not the same by nature.
func (h history) normal(namespace string, doubled map[int]bool) (any, error) {
	out := map[string]any{}
	for _, r := range h.runs {
		rec := r.first()
		one := map[string]any{
			"name": rec.Name, "namespace": rec.Namespace, "labels": recordLabels(r),
			"status": r.last().Info.Status, "notes": rec.Info.Notes,
			"deleted":           !r.last().Info.Deleted.IsZero(),
			"since the install": rec.Info.FirstDeployed.Equal(h.runs[0].first().Info.FirstDeployed),
			"config":            rec.Config, "manifest": rec.Manifest, "chart": recordedChart(rec.Chart),
		}
		if text := h.description(r); !phase.MatchString(text) {
			one["description"] = text // else see failures
		}
		var hooks []any
		for _, hook := range rec.Hooks {
			seen := map[string]any{
				"name": hook.Name, "kind": hook.Kind, "path": hook.Path, "manifest": hook.Manifest, "weight": hook.Weight,
				"events": hook.Events, "delete": hook.DeletePolicies, "output": hook.OutputLogPolicies,
			}
			if !doubled[r.number] {
				seen["ran"] = []any{hook.LastRun.Phase, !hook.LastRun.StartedAt.IsZero(), !hook.LastRun.CompletedAt.IsZero()}
			}
			hooks = append(hooks, seen)
		}
		one["hooks"] = hooks
		out[fmt.Sprintf("revision %02d", r.number)] = one
	}
	return anonymous(out, namespace)
}

// recordLabels are those of the secret that holds the record.
func recordLabels(r run) map[string]string {
	out := maps.Clone(r.last().Labels)
	delete(out, "createdAt")
	delete(out, "modifiedAt")
	out["version"] = strconv.Itoa(r.number)
	return out
}

// recordedChart is what a record keeps of its chart, with files as text.
func recordedChart(ch *chart.Chart) map[string]any {
	texts := func(files []*chart.File) map[string]string {
		out := map[string]string{}
		for _, f := range files {
			out[f.Name] = string(f.Data)
		}
		return out
	}
	return map[string]any{
		"metadata": ch.Metadata, "lock": ch.Lock, "values": ch.Values, "schema": string(ch.Schema),
		"templates": texts(ch.Templates), "files": texts(ch.Files),
	}
}
