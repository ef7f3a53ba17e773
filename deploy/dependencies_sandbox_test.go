//go:build sandbox

package deploy

import (
	"path/filepath"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// Apply brings a chart what it lacks, once, and deploys it.
func TestApplyBuildsDependencies(t *testing.T) {
	s := newSandbox(t)
	r := newChartRepo(t)
	r.add("db", "1.0.0")
	dir := filetest.Lay(t, map[string]string{
		"chart/Chart.yaml":      chartYAML + "dependencies:\n- {name: db, version: 1.x, repository: " + r.URL + "}\n- {name: lib, version: 0.1.0, repository: 'file://../lib'}\n",
		"lib/Chart.yaml":        "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
		"lib/values.yaml":       "who: one\n",
		"lib/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lib}\ndata: {who: {{ .Values.who }}}\n",
	})
	rel := Release{Name: "web", Namespace: s.namespace, Chart: filepath.Join(dir, "chart")}
	res := s.apply(t, rel)
	for _, name := range []string{"Chart.lock", "charts/db-1.0.0.tgz", "charts/lib-0.1.0.tgz"} {
		if !slices.Contains(res.ChartFiles, filepath.Join(rel.Chart, filepath.FromSlash(name))) {
			t.Errorf("%s is not among what was written: %v", name, res.ChartFiles)
		}
	}
	who := func() string {
		cm, err := s.kube.CoreV1().ConfigMaps(s.namespace).Get(t.Context(), "lib", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return cm.Data["who"]
	}
	if res.Total != 2 || who() != "one" {
		t.Errorf("%d objects, who is %q", res.Total, who())
	}
	asked := r.asked()
	if again := s.apply(t, rel); again.Action != Unchanged || len(again.ChartFiles) > 0 || r.asked() != asked {
		t.Errorf("%s, written %v", again.Action, again.ChartFiles)
	}
	rewrite(t, filepath.Join(dir, "lib/values.yaml"), "one", "two")
	res = s.apply(t, rel)
	if res.Action != Upgraded || len(res.ChartFiles) != 1 || len(res.Written) != 1 || who() != "two" || r.asked() != asked {
		t.Errorf("after an edit of the folder: %s, files %v, objects %v, who is %q", res.Action, res.ChartFiles, res.Written, who())
	}
}
