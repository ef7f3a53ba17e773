package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/devloop-dev/devloop/internal/filetest"
)

func TestDependenciesFromFolders(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{
		"app/Chart.yaml":          chartYAML + "dependencies:\n- {name: lib, version: 0.x, repository: 'file://../lib'}\n",
		"lib/Chart.yaml":          "apiVersion: v2\nname: lib\nversion: 0.1.0\ndependencies:\n- {name: base, version: 0.1.0, repository: 'file://../base'}\n",
		"lib/values.yaml":         "# kept\nwho: lib\n",
		"lib/templates/cm.yaml":   "first",
		"lib/files/data.txt":      "data",
		"base/Chart.yaml":         "apiVersion: v2\nname: base\nversion: 0.1.0\ntype: library\n",
		"base/templates/_all.tpl": "base one",
	})
	app, lib, base := filepath.Join(dir, "app"), filepath.Join(dir, "lib"), filepath.Join(dir, "base")
	if d := cmp.Diff([]string{base, lib}, LocalDependencies(app)); d != "" {
		t.Errorf("local dependencies (-want +got):\n%s", d)
	}
	all := []string{"../lib/Chart.lock", "../lib/charts/base-0.1.0.tgz", "Chart.lock", "charts/lib-0.1.0.tgz"}
	mustEnsure(t, app, all...)
	mustEnsure(t, app)

	rewrite(t, filepath.Join(lib, "templates/cm.yaml"), "first", "second")
	mustEnsure(t, app, "charts/lib-0.1.0.tgz")
	mustEnsure(t, app)
	if got := packedTemplate(t, app, "lib"); got != "second" {
		t.Errorf("packed template: %q", got)
	}
	rewrite(t, filepath.Join(lib, "files/data.txt"), "data", "other")
	mustEnsure(t, app, "charts/lib-0.1.0.tgz")
	rewrite(t, filepath.Join(lib, "values.yaml"), "kept", "changed")
	mustEnsure(t, app, "charts/lib-0.1.0.tgz")

	// An edit two folders down goes all the way up.
	rewrite(t, filepath.Join(base, "templates/_all.tpl"), "one", "two")
	mustEnsure(t, app, "../lib/charts/base-0.1.0.tgz", "charts/lib-0.1.0.tgz")
	mustEnsure(t, app)

	// So does a new version that the range admits.
	rewrite(t, filepath.Join(lib, "Chart.yaml"), "version: 0.1.0\ndep", "version: 0.2.0\ndep")
	mustEnsure(t, app, "Chart.lock", "charts/lib-0.1.0.tgz", "charts/lib-0.2.0.tgz")
	lock, err := os.ReadFile(filepath.Join(app, "Chart.lock"))
	if err != nil || !strings.Contains(string(lock), "version: 0.2.0") {
		t.Errorf("lock: %v\n%s", err, lock)
	}
	mustEnsure(t, app)
}

// helm installs a chart whose charts/ folder is filled, whether or not the
// folder it came from is there.
func TestVendoredDependencyWhoseFolderIsGone(t *testing.T) {
	const declared = chartYAML + "dependencies:\n- {name: lib, version: 0.1.0, repository: 'file://../gone'}\n"
	dir := filetest.Lay(t, map[string]string{
		"app/Chart.yaml":            declared,
		"app/charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
	})
	mustEnsure(t, filepath.Join(dir, "app"))
}

func packedTemplate(t *testing.T, chart, dependency string) string {
	t.Helper()
	ch, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range ch.Dependencies() {
		if dep.Name() == dependency {
			return string(dep.Templates[0].Data)
		}
	}
	return ""
}

// An edit is seen by a process that found everything in order before.
func TestAnEditedFolderIsPackedAgain(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{
		"app/Chart.yaml":        chartYAML + "dependencies:\n- {name: lib, version: 0.1.0, repository: 'file://../lib'}\n",
		"lib/Chart.yaml":        "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
		"lib/templates/cm.yaml": configMap,
		"lib/values.yaml":       "who: one\n",
	})
	_, c := newFakeAPI(t)
	rel := Release{Name: "web", Namespace: "dev", Chart: filepath.Join(dir, "app")}
	for _, who := range []string{"one", "two", "three"} {
		if err := os.WriteFile(filepath.Join(dir, "lib/values.yaml"), []byte("who: "+who+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			r, err := c.Render(t.Context(), rel)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(r.Manifest, `who: "`+who+`"`) {
				t.Errorf("after the edit to %s:\n%s", who, r.Manifest)
			}
		}
	}
}

// A folder in charts/, a link to it, and an archive put there by hand are the
// user's: nothing is written beside them.
func TestVendoredDependenciesStay(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{
		"app/Chart.yaml":              chartYAML + "dependencies:\n- {name: lib, version: 0.x, repository: 'file://../lib'}\n- {name: sub, version: 1.0.0, repository: 'https://charts.example.invalid'}\n- {name: own, version: 1.0.0}\n",
		"app/charts/sub/Chart.yaml":   "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
		"app/charts/own/Chart.yaml":   "apiVersion: v2\nname: own\nversion: 3.0.0\n",
		"lib/Chart.yaml":              "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
		"plain/Chart.yaml":            chartYAML,
		"plain/charts/x/Chart.yaml":   "apiVersion: v2\nname: x\nversion: 1.0.0\n",
		"broken/Chart.yaml":           "a: [",
		"requiring/Chart.yaml":        "apiVersion: v1\nname: requiring\nversion: 1.0.0\n",
		"requiring/requirements.yaml": "dependencies:\n- {name: lib, version: 0.1.0, repository: 'file://../lib'}\n",
	})
	if err := os.Symlink(filepath.Join(dir, "lib"), filepath.Join(dir, "app/charts/lib")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app", "plain", "broken", "none"} {
		mustEnsure(t, filepath.Join(dir, name))
	}
	// A chart of apiVersion v1 declares them in a file of its own.
	mustEnsure(t, filepath.Join(dir, "requiring"), "charts/lib-0.1.0.tgz", "requirements.lock")
	mustEnsure(t, filepath.Join(dir, "requiring"))
}

func TestDependencyFile(t *testing.T) {
	for rel, want := range map[string]bool{
		"Chart.lock": true, "requirements.lock": true, "charts/db-1.0.0.tgz": true, "charts/.devloop-12": true, "charts": true,
		"Chart.yaml": false, "charts/db/Chart.yaml": false, "charts/db/x.tgz": false, "templates/Chart.lock": false, "x.tgz": false,
	} {
		if DependencyFile(rel) != want {
			t.Errorf("%s: %v", rel, !want)
		}
	}
}
