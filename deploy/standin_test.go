package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// What Helm's action makes of the stand-in must be what was rendered, to the letter.
func TestStandInRendersToWhatWasRendered(t *testing.T) {
	const hook = "apiVersion: v1\nkind: Job\nmetadata:\n  name: a\n  annotations: {helm.sh/hook: test}\ndata: {x: '{{ .Values.x }} {{{{ }} {{- y -}}'}"
	rendered := map[string]string{
		"c/templates/a.yaml":            "---\n" + hook + "\n---\n# twice\n" + hook + "\n",
		"c/templates/b.yaml":            "---\n---\n" + hook,
		"c/charts/sub/templates/c.yaml": hook + "\n---\nkind: Zoo\nmetadata: {annotations: {helm.sh/hook: pre-upgrade}}",
	}
	hooks, _, err := releaseutil.SortManifests(rendered, nil, releaseutil.InstallOrder)
	if err != nil || len(hooks) != 5 {
		t.Fatalf("%d hooks, %v", len(hooks), err)
	}
	real := &chart.Chart{Metadata: &chart.Metadata{Name: "c", Version: "1.2.3"}, Files: []*chart.File{{Name: "f"}}}
	s := newStandIn(&output{chart: real, manifest: "the manifest", hooks: hooks, notes: "Say {{ hello }}\n"})
	values, err := chartutil.ToRenderValues(s.chart, nil, chartutil.ReleaseOptions{Name: "r"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(s.chart, values)
	if err != nil {
		t.Fatal(err)
	}
	if notes := files["c/templates/NOTES.txt"]; notes != "Say {{ hello }}\n" {
		t.Errorf("notes are %q", notes)
	}
	delete(files, "c/templates/NOTES.txt")
	again, _, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hooks, again); diff != "" {
		t.Errorf("hooks (-rendered +by the stand-in):\n%s", diff)
	}
	manifest, err := s.Run(nil)
	if err != nil || manifest.String() != "the manifest" || s.chart.Metadata != real.Metadata || len(s.chart.Files) != 1 {
		t.Errorf("after rendering: manifest %q, %v, chart %+v", manifest, err, s.chart)
	}
}
