package project

import (
	"fmt"
	"strings"
)

// part is a template of an object; %s is its name.
type part string

const (
	account part = `apiVersion: v1
kind: ServiceAccount
metadata: {name: "%s", labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
`
	service part = `apiVersion: v1
kind: Service
metadata: {name: "%s", labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
spec:
  clusterIP: None
  selector: {app.kubernetes.io/instance: {{ .Release.Name }}}
  ports: [{name: http, port: 80, targetPort: 8080}]
`
	// off is a Deployment without pods.
	off part = `apiVersion: apps/v1
kind: Deployment
metadata: {name: "%s", labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
spec:
  replicas: 0
  selector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
    spec:
      containers:
        - name: main
          image: none
          env: [{name: REGION, value: north}]
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
`
	role part = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: "%s", labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}]
`
)

// parts is a template of n objects of each kind.
func parts(prefix string, n int, kinds ...part) string {
	var b strings.Builder
	for i := range n {
		for _, kind := range kinds {
			b.WriteString("---\n" + fmt.Sprintf(string(kind), fmt.Sprintf("%s-%d", prefix, i)))
		}
	}
	return b.String()
}
