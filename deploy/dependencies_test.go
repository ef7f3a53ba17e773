package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/downloader"
	getters "helm.sh/helm/v3/pkg/getter"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// ensured runs ensure as another start of devloop does, and returns the names of
// the files it wrote or removed below the chart.
func ensured(t *testing.T, chart string) ([]string, error) {
	t.Helper()
	written, err := newDependencies(func(text string) { t.Log(text) }).ensure(t.Context(), Release{Name: "web", Chart: chart})
	var names []string
	for _, path := range written {
		rel, relErr := filepath.Rel(chart, path)
		if relErr != nil {
			t.Fatal(relErr)
		}
		names = append(names, filepath.ToSlash(rel))
	}
	slices.Sort(names)
	return names, err
}

// mustEnsure wants just these files written or removed.
func mustEnsure(t *testing.T, chart string, want ...string) {
	t.Helper()
	got, err := ensured(t, chart)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
}

func chartNeeding(t *testing.T, dependencies string) string {
	return filepath.Join(filetest.Lay(t, map[string]string{"chart/Chart.yaml": chartYAML + dependencies}), "chart")
}

func TestDependenciesFromARepository(t *testing.T) {
	r := newChartRepo(t)
	r.add("db", "1.0.0")
	r.add("db", "1.1.0")
	r.add("db", "2.0.0")
	chart := chartNeeding(t, "dependencies:\n- {name: db, version: ^1.0.0, repository: "+r.URL+"}\n")

	mustEnsure(t, chart, "Chart.lock", "charts/db-1.1.0.tgz")
	asked := r.asked()
	mustEnsure(t, chart) // the second start
	if r.asked() != asked {
		t.Error("a start with everything in place asked the repository")
	}
	helmAgrees(t, r, chart)

	// The lock decides when charts/ is gone, not the newest version.
	r.add("db", "1.2.0")
	if err := os.RemoveAll(filepath.Join(chart, "charts")); err != nil {
		t.Fatal(err)
	}
	mustEnsure(t, chart, "charts/db-1.1.0.tgz")

	rewrite(t, filepath.Join(chart, "Chart.yaml"), "^1.0.0", "~1.0.0")
	mustEnsure(t, chart, "Chart.lock", "charts/db-1.0.0.tgz", "charts/db-1.1.0.tgz")
	if _, err := os.Stat(filepath.Join(chart, "charts/db-1.1.0.tgz")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the version that is no longer wanted is still there")
	}
	helmAgrees(t, r, chart)

	// What fits is left alone, also where the lock does not know of it.
	rewrite(t, filepath.Join(chart, "Chart.yaml"), "~1.0.0", ">=1.0.0 <2.0.0")
	mustEnsure(t, chart)

	if err := os.WriteFile(filepath.Join(chart, "Chart.yaml"), []byte(chartYAML), 0o644); err != nil {
		t.Fatal(err)
	}
	mustEnsure(t, chart, "Chart.lock", "charts/db-1.0.0.tgz") // both removed
	mustEnsure(t, chart)
}

// helmAgrees has plain helm build the same chart, which must find its lock in
// order and change nothing of it.
func helmAgrees(t *testing.T, r *chartRepo, chart string) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(chart, "Chart.lock"))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(filetest.Lay(t, map[string]string{"repositories.yaml": "repositories: [{name: r, url: " + r.URL + "}]\n"}), "repositories.yaml")
	m := &downloader.Manager{Out: io.Discard, ChartPath: chart, Getters: getters.All(cli.New()), RepositoryConfig: config, RepositoryCache: t.TempDir()}
	if err := m.Build(); err != nil {
		t.Errorf("helm dependency build: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(chart, "Chart.lock"))
	if err != nil || string(before) != string(after) {
		t.Errorf("helm wrote another lock: %v\n%s", err, after)
	}
	mustEnsure(t, chart)
}

func TestDependenciesByHelmsNameAndPassword(t *testing.T) {
	r := newChartRepo(t)
	r.password = "secret"
	r.add("db", "1.0.0")
	dir := filetest.Lay(t, map[string]string{"repositories.yaml": "repositories: [{name: inhouse, url: " + r.URL + ", username: me, password: secret}]\n"})
	t.Setenv("HELM_REPOSITORY_CONFIG", filepath.Join(dir, "repositories.yaml"))
	chart := chartNeeding(t, "dependencies:\n- {name: db, version: 1.0.0, repository: '@inhouse'}\n")
	mustEnsure(t, chart, "Chart.lock", "charts/db-1.0.0.tgz")
	mustEnsure(t, chart)
	chart = chartNeeding(t, "dependencies:\n- {name: db, version: 1.0.0, repository: '@nobody'}\n")
	if _, err := ensured(t, chart); err == nil || !strings.Contains(err.Error(), `Chart.yaml:5: dependency db 1.0.0: helm knows no repository "nobody" (add it with `) {
		t.Errorf("err = %v", err)
	}
}

func TestDependenciesFromARegistry(t *testing.T) {
	r := newRegistry(t)
	r.add(t, "team/charts/db", "1.0.0")
	r.add(t, "team/charts/db", "1.1.0")
	for version, want := range map[string]string{"1.0.0": "1.0.0", "^1.0.0": "1.1.0"} {
		chart := chartNeeding(t, fmt.Sprintf("dependencies:\n- {name: db, version: %s, repository: 'oci://%s/team/charts'}\n", version, r.Listener.Addr()))
		mustEnsure(t, chart, "Chart.lock", "charts/db-"+want+".tgz")
		mustEnsure(t, chart)
	}
}

func TestDependencyFaults(t *testing.T) {
	t.Setenv("HELM_REPOSITORY_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	r := newChartRepo(t)
	r.add("database", "1.0.0")
	r.add("database", "1.5.0")
	gone := newChartRepo(t)
	gone.Close()
	for name, tt := range map[string]struct{ dep, want string }{
		"unreachable repository": {"{name: db, version: 1.0.0, repository: " + gone.URL + "}", "connection refused (see whether the repository can be reached"},
		"no such chart":          {"{name: databse, version: 1.0.0, repository: " + r.URL + "}", `dependency databse 1.0.0: ` + r.URL + ` has no chart of that name (did you mean "database"?)`},
		"no such version":        {"{name: database, version: ^3.0.0, repository: " + r.URL + "}", "dependency database ^3.0.0: " + r.URL + " has no such version (it has 1.5.0, 1.0.0)"},
		"no version at all":      {"{name: database, version: newest, repository: " + r.URL + "}", `version "newest" is no version or range of versions`},
		"no repository":          {"{name: db, version: 1.0.0}", "dependency db names no repository and is not in charts/"},
		"no address":             {"{name: db, version: 1.0.0, repository: stable}", `"stable" is no repository (write its address`},
		"no folder":              {"{name: db, version: 1.0.0, repository: 'file://../nowhere'}", "file://../nowhere leads to no chart"},
		"another name":           {"{name: db, version: 0.1.0, repository: 'file://../lib'}", "the chart at file://../lib is called lib"},
		"another version":        {"{name: lib, version: 2.x, repository: 'file://../lib'}", "dependency lib wants version 2.x, the chart at file://../lib is 0.1.0"},
		"the chart itself":       {"{name: hello, version: 0.1.0, repository: 'file://.'}", "leads back to the chart itself"},
		"an old folder":          {"{name: old, version: 2.x, repository: " + r.URL + "}", "wants version 2.x, but the folder charts/old holds 1.0.0 (delete the folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filetest.Lay(t, map[string]string{
				"chart/Chart.yaml":            chartYAML + "dependencies:\n# the first\n- " + tt.dep + "\n",
				"lib/Chart.yaml":              "apiVersion: v2\nname: lib\nversion: 0.1.0\n",
				"chart/charts/old/Chart.yaml": "apiVersion: v2\nname: old\nversion: 1.0.0\n",
			})
			written, err := ensured(t, filepath.Join(dir, "chart"))
			var re *RenderError
			if !errors.As(err, &re) || re.Line != 6 || filepath.Base(re.File) != "Chart.yaml" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v\nwant it at line 6 to say %q", err, tt.want)
			}
			if len(written) > 0 {
				t.Errorf("written %v", written)
			}
		})
	}
}

// An end of the context ends a download at once.
func TestDependenciesEndWithTheContext(t *testing.T) {
	r := newChartRepo(t)
	r.add("db", "1.0.0")
	r.hang = make(chan struct{})
	t.Cleanup(func() { close(r.hang) })
	chart := chartNeeding(t, "dependencies:\n- {name: db, version: 1.0.0, repository: "+r.URL+"}\n")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := newDependencies(func(string) {}).ensure(ctx, Release{Name: "web", Chart: chart})
		done <- err
	}()
	poll(t, "request", func() bool { return r.asked() > 0 })
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still there after 5s")
	}
}
