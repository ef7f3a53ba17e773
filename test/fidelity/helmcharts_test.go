//go:build sandbox

package fidelity

import (
	"context"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// quickCharts of Helm's are tested without FIDELITY=full, too.
var quickCharts = []string{
	"pkg/chartutil/testdata/frobnitz-1.2.3.tgz",
	"cmd/helm/testdata/testcharts/object-order",
	"pkg/lint/rules/testdata/goodone",
}

// helmsCharts are the charts that Helm's own tests have, from the module cache:
// each folder with a Chart.yaml, subcharts not for themselves, and each .tgz.
func helmsCharts(t *testing.T) []*chartCase {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "helm.sh/helm/v3").Output()
	if err != nil {
		t.Fatalf("find helm's sources: %v", err)
	}
	root := strings.TrimSpace(string(out))
	var cases []*chartCase
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "testdata") {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || slices.Contains(strings.Split(filepath.Dir(rel), "/"), "charts") && !strings.HasPrefix(rel, "pkg/action/testdata/charts") {
			return err
		}
		if filepath.Base(rel) == "Chart.yaml" {
			rel = filepath.Dir(rel)
		} else if !strings.HasSuffix(rel, ".tgz") {
			return nil
		}
		if strings.Count(rel, "/charts/") > 1 || strings.Contains(strings.TrimPrefix(rel, "pkg/action/testdata/charts/"), "/charts/") {
			return nil
		}
		cases = append(cases, &chartCase{
			name: rel, dir: filepath.Join(root, rel), Quick: slices.Contains(quickCharts, rel),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 60 {
		t.Fatalf("only %d charts below %s: they have moved", len(cases), root)
	}
	return cases
}

// forgetCRDs removes, when all charts are done, the custom kinds that Helm's
// charts have brought: their names are fixed, so the charts share them.
func (w *world) forgetCRDs(t *testing.T) {
	t.Helper()
	crds := w.dynamic.Resource(clusterWide[0])
	before, err := crds.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, o := range before.Items {
		known[o.GetName()] = true
	}
	t.Cleanup(func() {
		ctx := context.Background()
		after, err := crds.List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		for _, o := range after.Items {
			// Not those of other tests that run on this cluster.
			if known[o.GetName()] || !slices.Contains(helmsGroups, groupOf(o.GetName())) {
				continue
			}
			if err := crds.Delete(ctx, o.GetName(), metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}
	})
}

// helmsGroups are the API groups of the custom kinds in Helm's charts.
var helmsGroups = []string{"testcrdgroups.example.com", "test.io"}

func groupOf(crd string) string {
	_, group, _ := strings.Cut(crd, ".")
	return group
}
