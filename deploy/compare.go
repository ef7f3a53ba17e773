package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
)

// compare renders the revision that would come after last and says whether the
// release is as its files say, so that there is nothing to upgrade.
func (c *Cluster) compare(ctx context.Context, src *source, last *release.Release) (*output, bool, error) {
	now, err := c.render(ctx, src, next(src.rel, last))
	if err != nil {
		return nil, false, err
	}
	if last.Info.Status != release.StatusDeployed || !sameJSON(nonNil(last.Config), nonNil(src.vals)) {
		return now, false, nil
	}
	if now.isRecorded(last) {
		return now, true, nil
	}
	if !c.rendered.tellsMoment(src.rel.String(), src.loaded, src.vals) {
		return now, false, nil
	}
	// The templates are told the revision and the moment (install or upgrade) of
	// that record, so that a chart which prints its revision is not taken for
	// changed each time.
	then, err := c.render(ctx, src, recorded(last))
	if err != nil {
		return nil, false, err
	}
	return now, then.isRecorded(last), nil
}

// isRecorded says whether a rendering is what a record holds.
func (o *output) isRecorded(last *release.Release) bool {
	return o.manifest == last.Manifest && o.notes == last.Info.Notes &&
		slices.EqualFunc(o.hooks, last.Hooks, sameHook) &&
		last.Chart != nil && sameMetadata(o.chart.Metadata, last.Chart.Metadata)
}

// recorded is how the record's own rendering was told to the templates: an
// install is a record that was deployed for the first time at its own time.
func recorded(last *release.Release) chartutil.ReleaseOptions {
	install := last.Info.FirstDeployed.Equal(last.Info.LastDeployed)
	return chartutil.ReleaseOptions{
		Name: last.Name, Namespace: last.Namespace, Revision: last.Version,
		IsInstall: install, IsUpgrade: !install,
	}
}

func sameHook(a, b *release.Hook) bool {
	return a.Path == b.Path && a.Manifest == b.Manifest && a.Weight == b.Weight && slices.Equal(a.Events, b.Events)
}

func sameMetadata(a, b *chart.Metadata) bool { return sameJSON(a, b) }

// sameJSON compares two values as the record's JSON has them.
func sameJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

func nonNil(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// key is what makes two objects the same one for helm: not the version.
func (o Object) key() string {
	group, _, _ := strings.Cut(o.APIVersion, "/")
	if !strings.Contains(o.APIVersion, "/") {
		group = ""
	}
	return group + "/" + o.Kind + "/" + o.Namespace + "/" + o.Name
}
