{{/* Name of one service's objects: <release>-app or <release>-model. Takes a list: root, component. */}}
{{- define "sms.name" -}}
{{- printf "%s-%s" ((index . 0).Release.Name | trunc 50 | trimSuffix "-") (index . 1) -}}
{{- end }}

{{/* Labels that select the pods of a service, of both versions. Takes a list: root, component. */}}
{{- define "sms.selector" -}}
app.kubernetes.io/name: sms-checker
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/*
Labels of every object. Takes a list: root, component. Pods get the selector
only: the chart's version in a pod's labels would restart it for nothing.
*/}}
{{- define "sms.labels" -}}
{{ include "sms.selector" . }}
app.kubernetes.io/part-of: sms-checker
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name ((index . 0).Chart.Version | replace "+" "_") }}
{{- end }}

{{/*
The versions of a service with the settings of each, as a JSON object; v2 is v1
with its own block laid over, and is left out while it is switched off. Takes
the service's block of the values.
*/}}
{{- define "sms.versions" -}}
{{- $v1 := omit . "v2" -}}
{{- $versions := dict "v1" $v1 -}}
{{- if .v2.enabled -}}
{{- $_ := set $versions "v2" (mergeOverwrite (deepCopy $v1) (deepCopy .v2)) -}}
{{- end -}}
{{- toJson $versions -}}
{{- end }}

{{/* Image reference. Takes an image block of the values. */}}
{{- define "sms.image" -}}
{{- printf "%s:%s" .repository (toString .tag) -}}
{{- end }}

{{/*
The shares of v1 and v2 as a JSON object. Stops the release where they do not
add up to 100: what a mesh does with such weights differs from mesh to mesh.
*/}}
{{- define "sms.weights" -}}
{{- $v1 := int .Values.routing.weights.v1 -}}
{{- $v2 := int .Values.routing.weights.v2 -}}
{{- if ne 100 (add $v1 $v2 | int) -}}
{{- fail (printf "routing.weights must add up to 100: v1 %d + v2 %d = %d" $v1 $v2 (add $v1 $v2)) -}}
{{- end -}}
{{- if .Values.app.v2.enabled -}}
{{- toJson (dict "v1" $v1 "v2" $v2) -}}
{{- else -}}
{{- toJson (dict "v1" 100) -}}
{{- end -}}
{{- end }}

{{/*
What the routing rests on where the cluster knows the kinds of it: "istio",
"gateway-api" or "none". Every routing template asks this and nothing else.
*/}}
{{- define "sms.routing" -}}
{{- $weights := include "sms.weights" . -}}
{{- $groups := dict "istio" "networking.istio.io/v1" "gateway-api" "gateway.networking.k8s.io/v1" "none" "" -}}
{{- $group := get $groups .Values.routing.kind -}}
{{- if and $group (.Capabilities.APIVersions.Has $group) -}}
{{- .Values.routing.kind -}}
{{- else -}}
none
{{- end -}}
{{- end }}

{{/* Matches the version cookie wherever it stands in the Cookie header (RE2). Takes a list: root, version. */}}
{{- define "sms.cookieRegex" -}}
{{- printf "^(.*;[ ]*)?%s=%s([ ]*;.*)?$" (index . 0).Values.routing.cookie (index . 1) -}}
{{- end }}

{{/* What every container is allowed: next to nothing. */}}
{{- define "sms.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The same for the pod. The number is the user of the images. */}}
{{- define "sms.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Probes of both services: a second between two looks, so that a rollout is not held up by them. */}}
{{- define "sms.probes" -}}
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 1
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: http}
  initialDelaySeconds: 5
  periodSeconds: 10
{{- end }}

{{/* Pods are replaced one by one, and never before the new one is ready. */}}
{{- define "sms.strategy" -}}
type: RollingUpdate
rollingUpdate:
  maxSurge: 1
  maxUnavailable: 0
{{- end }}
