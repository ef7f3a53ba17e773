package project

import (
	"fmt"
	"strings"
)

// Umbrella is a chart of about 100 objects as a project with monitoring inside
// has it: templates of its own, a subchart vendored as a folder, and one
// vendored as an archive, with dashboards and, in a subchart of that, custom
// resource definitions of about crdBytes in all. group is the API group of these
// definitions.
func Umbrella(crdBytes int, group string) (Files, error) {
	f := ConfigMaps(6)
	f["Chart.yaml"] = `apiVersion: v2
name: shop
version: 1.0.0
dependencies:
  - {name: cache, version: 1.0.0, repository: ""}
  - {name: monitoring, version: 1.0.0, repository: "", condition: monitoring.enabled}
`
	f["values.yaml"] += "monitoring: {enabled: true}\n"
	f["templates/services.yaml"] = parts("{{ .Release.Name }}", 4, account, service, off)

	f.With(Files{
		"Chart.yaml":           "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
		"templates/cache.yaml": parts("{{ .Release.Name }}-cache", 3, account, service, off, role),
	}.Under("charts/cache"))

	monitoring := Files{
		"Chart.yaml":                "apiVersion: v2\nname: monitoring\nversion: 1.0.0\ndependencies:\n  - {name: crds, version: 1.0.0, repository: \"\"}\n",
		"templates/monitoring.yaml": parts("{{ .Release.Name }}-monitoring", 14, account, service, off, role),
		"templates/_helpers.tpl":    "{{- define \"dashboard.labels\" -}}\ngrafana_dashboard: \"1\"\n{{- end }}\n",
		"charts/crds/Chart.yaml":    "apiVersion: v2\nname: crds\nversion: 1.0.0\n",
	}
	for i := range 12 {
		monitoring[fmt.Sprintf("templates/dashboard-%d.yaml", i)] = dashboard(i)
	}
	for i := range definitions {
		monitoring[fmt.Sprintf("charts/crds/crds/kind%d.yaml", i)] = definition(i, group, crdBytes/definitions)
	}
	packed, err := archive(monitoring.Under("monitoring"))
	if err != nil {
		return nil, err
	}
	f["charts/monitoring-1.0.0.tgz"] = packed
	return f, nil
}

// dashboard is a config map of about 20 KB, mostly one JSON document.
func dashboard(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-dashboard-%d
  labels:
    {{- include "dashboard.labels" . | nindent 4 }}
data:
  dashboard.json: |-
    {"title": "Dashboard %d", "panels": [
`, i, i)
	w := newWords(uint64(i))
	for panel := range 100 {
		fmt.Fprintf(&b, "      {\"id\": %d, \"title\": %q, \"expr\": \"sum(rate(%s_total[5m])) by (%s)\"},\n",
			panel, w.sentence(90), w.next(), w.next())
	}
	b.WriteString("      {\"id\": 100}]}\n")
	return b.String()
}
