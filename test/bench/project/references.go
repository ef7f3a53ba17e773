package project

import (
	"fmt"
	"strings"
)

// References is a chart of one config map that holds the references of n images,
// which are its values image0, image1, ...: what it takes to see that they were
// built and brought to the cluster, without pods.
func References(n int) Files {
	var values, data strings.Builder
	for i := range n {
		fmt.Fprintf(&values, "%s: \"\"\n", ImageValue(i))
		fmt.Fprintf(&data, "  %[1]s: {{ required %[1]q .Values.%[1]s | quote }}\n", ImageValue(i))
	}
	return Files{
		"Chart.yaml":  "apiVersion: v2\nname: references\nversion: 1.0.0\n",
		"values.yaml": values.String(),
		"templates/references.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n" +
			"  labels: {app.kubernetes.io/instance: {{ .Release.Name }}}\ndata:\n" + data.String(),
	}
}

// ImageValue is the value, and the key of the config map, of image i.
func ImageValue(i int) string { return fmt.Sprintf("image%d", i) }
