package project

import "fmt"

// Deployment is a chart of one Deployment. Its values are image and replicas.
func Deployment() Files {
	return Files{
		"Chart.yaml":  "apiVersion: v2\nname: one\nversion: 1.0.0\n",
		"values.yaml": "image: \"\"\nreplicas: 1\n",
		"templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/instance: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app.kubernetes.io/instance: {{ .Release.Name }}}
    spec:
      containers:
        - name: pod
          image: {{ required "image" .Values.image | quote }}
          imagePullPolicy: IfNotPresent
`,
	}
}

// Replicas is a values file.
func Replicas(n int) string { return fmt.Sprintf("replicas: %d\n", n) }

// Small is a chart of five objects, as one service of many has them; its pods
// are switched off.
func Small() Files {
	f := ConfigMaps(1)
	f["templates/rest.yaml"] = parts("{{ .Release.Name }}", 1, account, service, off, role)
	return f
}
