package project

import (
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// objects renders a chart as helm would and counts its documents.
func objects(t *testing.T, files Files, values map[string]any) (int, *chart.Chart) {
	t.Helper()
	dir := t.TempDir()
	if err := files.Write(dir); err != nil {
		t.Fatal(err)
	}
	ch, err := loader.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := chartutil.ProcessDependenciesWithMerge(ch, values); err != nil {
		t.Fatal(err)
	}
	merged, err := chartutil.ToRenderValues(ch, values, chartutil.ReleaseOptions{Name: "demo"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := engine.Render(ch, merged)
	if err != nil {
		t.Fatal(err)
	}
	_, manifests, err := releaseutil.SortManifests(rendered, nil, releaseutil.InstallOrder)
	if err != nil {
		t.Fatal(err)
	}
	return len(manifests), ch
}

func TestChartsAreOfTheirSize(t *testing.T) {
	if n, _ := objects(t, ConfigMaps(60), nil); n != 60 {
		t.Errorf("ConfigMaps(60): %d objects", n)
	}
	if n, _ := objects(t, Small(), nil); n != 5 {
		t.Errorf("Small: %d objects", n)
	}
	if n, _ := objects(t, Deployment(), map[string]any{"image": "x"}); n != 1 {
		t.Errorf("Deployment: %d objects", n)
	}
	if n, _ := objects(t, References(2), map[string]any{ImageValue(0): "a:1", ImageValue(1): "b:1"}); n != 1 {
		t.Errorf("References: %d objects", n)
	}
	umbrella, err := Umbrella(1_000_000, "bench.example.com")
	if err != nil {
		t.Fatal(err)
	}
	n, ch := objects(t, umbrella, nil)
	if n < 90 || n > 110 {
		t.Errorf("Umbrella: %d objects, want about 100", n)
	}
	size := 0
	for _, crd := range ch.CRDObjects() {
		size += len(crd.File.Data)
	}
	if size < 1_000_000 || size > 1_050_000 {
		t.Errorf("Umbrella: %d bytes of CRDs, want about 1,000,000", size)
	}
}
