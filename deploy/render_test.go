package deploy

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/release"

	"github.com/devloop-dev/devloop/internal/filetest"
)

const chartYAML = "apiVersion: v2\nname: hello\nversion: 0.1.0\n"

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-cm\ndata:\n  who: {{ .Values.who | quote }}\n"

func TestRender(t *testing.T) {
	_, c := newFakeAPI(t)
	dir := filetest.Lay(t, map[string]string{
		"chart/Chart.yaml":  chartYAML,
		"chart/values.yaml": "who: world\nlist: true\n",
		"chart/templates/cm.yaml": configMap + "---\n# only a comment\n---\n" +
			"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: one}}\n- {apiVersion: v1, kind: Secret, metadata: {name: two, namespace: other}}\n",
		"chart/templates/job.yaml":                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: before\n  annotations:\n    helm.sh/hook: pre-upgrade,pre-install\n    helm.sh/hook-weight: \"-2\"\n",
		"chart/templates/NOTES.txt":               "revision {{ .Release.Revision }}",
		"chart/charts/sub/Chart.yaml":             "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
		"chart/charts/sub/templates/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: sub}\n",
		"local.yaml": "who: file\n",
	})
	r, err := c.Render(t.Context(), Release{
		Name: "web", Namespace: "dev", Chart: filepath.Join(dir, "chart"),
		Values: []string{filepath.Join(dir, "local.yaml")}, Set: map[string]any{"who": "set"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Object{
		{"v1", "Secret", "dev", "one", "templates/cm.yaml"},
		{"v1", "Secret", "other", "two", "templates/cm.yaml"},
		{"v1", "ConfigMap", "dev", "web-cm", "templates/cm.yaml"},
		{"v1", "Service", "dev", "sub", "charts/sub/templates/service.yaml"},
	}
	// Helm sorts by kind; a List is no kind it knows and comes last.
	want = append(want[2:], want[:2]...)
	if diff := cmp.Diff(want, r.Objects); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if len(r.Hooks) != 1 || r.Hooks[0].Name != "before" || r.Hooks[0].Weight != -2 ||
		!cmp.Equal(r.Hooks[0].Events, []string{"pre-upgrade", "pre-install"}) || r.Hooks[0].Template != "templates/job.yaml" {
		t.Errorf("hooks = %+v", r.Hooks)
	}
	if r.Notes != "revision 1" {
		t.Errorf("notes = %q", r.Notes)
	}
	if !strings.Contains(r.Manifest, `who: "set"`) {
		t.Errorf("Set does not win over the values file:\n%s", r.Manifest)
	}
}

func TestRenderErrorsNameFileAndLine(t *testing.T) {
	_, c := newFakeAPI(t)
	base := map[string]string{
		"Chart.yaml": chartYAML, "values.yaml": "who: world\nport: 80\n",
		"templates/cm.yaml": configMap, "templates/_helpers.tpl": "{{/* nothing */}}\n",
	}
	tests := []struct {
		name   string
		change map[string]string
		values string
		file   string
		line   int
		say    string
	}{
		{"unknown function", map[string]string{"templates/cm.yaml": "a: 1\nb: {{ foo }}\n"}, "", "templates/cm.yaml", 2, `function "foo" not defined`},
		{"unclosed action", map[string]string{"templates/cm.yaml": "a: 1\n\nb: {{ .Values.who }\n"}, "", "templates/cm.yaml", 3, `unexpected "}"`},
		{"nil pointer", map[string]string{"templates/cm.yaml": "a: 1\nb: {{ .Values.no.way }}\n"}, "", "templates/cm.yaml", 2, "<.Values.no.way>: nil pointer"},
		{"in a helper", map[string]string{
			"templates/cm.yaml":      "a: 1\nb: {{ include \"name\" . }}\n",
			"templates/_helpers.tpl": "\n\n{{ define \"name\" }}\n{{ .Values.no.way }}{{ end }}\n",
		}, "", "templates/_helpers.tpl", 4, "<.Values.no.way>: nil pointer"},
		{"fail", map[string]string{"templates/cm.yaml": "\n{{ fail \"no way: really\" }}\n"}, "", "templates/cm.yaml", 2, "no way: really"},
		{"required", map[string]string{"templates/cm.yaml": "{{ required \"need x\" .Values.x }}\n"}, "", "templates/cm.yaml", 1, "need x"},
		{"tpl", map[string]string{"templates/cm.yaml": "a: 1\nb: {{ tpl \"{{ .Values.no.way }}\" . }}\n"}, "", "templates/cm.yaml", 2, "nil pointer"},
		{"no YAML", map[string]string{"templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n bad: y\n"}, "", "templates/cm.yaml", 5, "does not render to YAML"},
		{"subchart", map[string]string{
			"charts/sub/Chart.yaml":       "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
			"charts/sub/templates/a.yaml": "x: 1\n{{ fail \"sub\" }}\n",
		}, "", "charts/sub/templates/a.yaml", 2, "sub"},
		{"chart values", map[string]string{"values.yaml": "a: 1\nb: [1\nc: 2\n"}, "", "values.yaml", 3, "values.yaml"},
		{"subchart values", map[string]string{
			"charts/sub/Chart.yaml":  "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
			"charts/sub/values.yaml": "a: b: c\n",
		}, "", "charts/sub/values.yaml", 1, "mapping values"},
		{"no Chart.yaml", map[string]string{"Chart.yaml": ""}, "", "Chart.yaml", 0, "chart.metadata"},
		{"dependency", map[string]string{"Chart.yaml": chartYAML + "dependencies:\n- {name: redis, version: 1.x, repository: \"\"}\n"}, "", "Chart.yaml", 5, "names no repository and is not in charts/"},
		{"values file", nil, "a: 1\nb: c: d\n", "../local.yaml", 2, "is not YAML"},
		{"values file is a list", nil, "- a\n", "../local.yaml", 0, "must hold a map"},
		{"schema", map[string]string{"values.schema.json": `{"properties":{"port":{"type":"integer"}}}`}, "x: 1\nport: many\n", "../local.yaml", 2, "port: got string, want integer"},
		{"kubeVersion", map[string]string{"Chart.yaml": chartYAML + "kubeVersion: \">=1.99\"\n"}, "", "Chart.yaml", 0, "wants Kubernetes >=1.99"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := map[string]string{}
			for name, text := range base {
				all["chart/"+name] = text
			}
			for name, text := range tt.change {
				all["chart/"+name] = text
			}
			all["local.yaml"] = tt.values
			dir := filetest.Lay(t, all)
			chart := filepath.Join(dir, "chart")
			_, err := c.Render(t.Context(), Release{Name: "web", Namespace: "dev", Chart: chart, Values: []string{filepath.Join(dir, "local.yaml")}})
			var re *RenderError
			if !errors.As(err, &re) {
				t.Fatalf("err = %v (%T), want a RenderError", err, err)
			}
			if want := filepath.Join(chart, tt.file); re.File != want || re.Line != tt.line {
				t.Errorf("at %s:%d, want %s:%d\n%v", re.File, re.Line, want, tt.line, err)
			}
			if !strings.Contains(err.Error(), tt.say) {
				t.Errorf("error does not say %q:\n%v", tt.say, err)
			}
		})
	}
}

func TestRenderOfAMissingChart(t *testing.T) {
	_, c := newFakeAPI(t)
	_, err := c.Render(t.Context(), Release{Name: "web", Namespace: "dev", Chart: filepath.Join(t.TempDir(), "none")})
	if err == nil || !strings.Contains(err.Error(), "there is no such chart") {
		t.Fatalf("err = %v", err)
	}
}

func TestWhatTemplatesAreToldOfTheRelease(t *testing.T) {
	for status, want := range map[release.Status]string{
		"": "1 install", release.StatusUninstalled: "1 install", release.StatusDeployed: "8 upgrade", release.StatusFailed: "8 upgrade",
	} {
		var last *release.Release
		if status != "" {
			last = &release.Release{Version: 7, Info: &release.Info{Status: status}}
		}
		opts := next(Release{Name: "web"}, last)
		got := fmt.Sprint(opts.Revision, map[bool]string{true: " install"}[opts.IsInstall], map[bool]string{true: " upgrade"}[opts.IsUpgrade])
		if got != want {
			t.Errorf("after a revision that is %q: %q, want %q", status, got, want)
		}
	}
}
