package valuecheck

import (
	"os"
	"path/filepath"
	"testing"
)

const values = `
replicas: 1
image: {repository: app, tag: dev}
service: {port: 80, type: ClusterIP}
nodeSelector: {}
affinity:
env: {LEVEL: info}
hosts: [a]
"app.kubernetes.io": x
`

const template = `
replicas: {{ .Values.replicas }}
{{- if .Values.optional }}x{{ end }}
{{- if .Values.service.hidden }}x{{ end }}
port: {{ .Values.service.port }}
env: {{ toYaml .Values.env | nindent 2 }}
{{ index .Values "dashed-key" }}
`

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func chartDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n"+
		"- {name: db, version: 0.1.0, alias: store, condition: 'store.on,features.db'}\n")
	write(t, dir, "values.yaml", values)
	write(t, dir, "templates/a.yaml", template)
	write(t, dir, "charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n")
	write(t, dir, "charts/db/values.yaml", "size: 1Gi\n")
	write(t, dir, "charts/db/templates/b.yaml", "{{ .Values.secretly }}\n")
	return dir
}

func TestKeys(t *testing.T) {
	dir := chartDir(t)
	tests := map[string]struct {
		unknown bool
		near    string
	}{
		"replicas":               {},
		"image.tag":              {},
		"service.port":           {},
		"nodeSelector.disk":      {}, // an open map
		"affinity.nodeAffinity":  {}, // left empty
		"env.NEW":                {}, // used as a whole
		"optional":               {}, // a template asks for it
		"optional.deep":          {},
		"service.hidden":         {},
		"dashed-key":             {},
		"hosts[3]":               {},
		"hosts[0].name":          {},
		"global.registry":        {},
		"tags.front":             {},
		`app\.kubernetes\.io`:    {},
		"store.size":             {},
		"store.secretly":         {}, // a template of the subchart asks for it
		"store.on":               {}, // the condition of the subchart
		"features.db":            {},
		"replica":                {true, "replicas"},
		"image.tga":              {true, "image.tag"},
		"image.repository.x":     {true, "image.repository"},
		"servce.port":            {true, "service.port"},
		"service.prot":           {true, "service.port"},
		"store.siez":             {true, "store.size"},
		"db.size":                {true, ""},
		"completelyDifferentKey": {true, ""},
	}
	for key, want := range tests {
		got := Keys(dir, map[string]any{key: 1})
		if (len(got) > 0) != want.unknown {
			t.Errorf("%s: %v, want unknown: %v", key, got, want.unknown)
			continue
		}
		if want.near != "" && got[0].Near != want.near {
			t.Errorf("%s: meant %q, want %q", key, got[0].Near, want.near)
		}
	}
}

func TestAChartThatCannotBeReadHasNoUnknownKeys(t *testing.T) {
	if got := Keys(t.TempDir(), map[string]any{"a": 1}); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

func TestTheExamplesAreFreeOfWarnings(t *testing.T) {
	for chart, set := range map[string]map[string]any{
		"hello/chart": {"replicas": 2, "name": "x", "image": "a:b"},
		"sms-checker/sms-checker-chart": {"app.replicas": 2, "app.v2.image.tag": "x", "routing.weights.v1": 50,
			"ingress.annotations.a": "b", "model.v2.variant": "words"},
	} {
		if got := Keys(filepath.Join("../../examples", chart), set); len(got) > 0 {
			t.Errorf("%s: %v", chart, got)
		}
	}
}
