package project

import (
	"fmt"
	"strings"
)

// ConfigMaps is a chart of n config maps, each in a template of its own.
func ConfigMaps(n int) Files {
	f := Files{
		"Chart.yaml":  "apiVersion: v2\nname: many\nversion: 1.0.0\n",
		"values.yaml": "region: north\nlimits: {requests: 100, burst: 20}\n",
		"templates/_helpers.tpl": `{{- define "many.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
`,
	}
	for i := range n {
		f[Template(i)] = ConfigMap(i, "first")
	}
	return f
}

// Template is the path, in the chart, of config map i.
func Template(i int) string { return fmt.Sprintf("templates/config-%04d.yaml", i) }

// ConfigMapName is the name of config map i of a release.
func ConfigMapName(release string, i int) string { return fmt.Sprintf("%s-%04d", release, i) }

// NoteKey is the key whose value an edit changes.
const NoteKey = "note"

// ConfigMap is the template of config map i with the note in it.
func ConfigMap(i int, note string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-%04d
  labels:
    {{- include "many.labels" . | nindent 4 }}
data:
  %s: %q
  region: {{ .Values.region | quote }}
  limits: {{ toJson .Values.limits | quote }}
  settings: |
`, i, NoteKey, note)
	for line := range 8 {
		fmt.Fprintf(&b, "    setting.%d.of.%d = %d\n", line, i, (line+1)*(i+7))
	}
	return b.String()
}
