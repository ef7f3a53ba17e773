package deploy

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestFactsOfATemplate(t *testing.T) {
	for text, want := range map[string]string{
		`plain`: "",
		`{{ .Values.a }} {{ .Release.Name | quote }}`:                                     "",
		`{{ .Chart.Version }}{{ .Template.Name }}{{ .Capabilities.KubeVersion.Version }}`: "",
		`{{ .Files.Get "x" | indent 2 }}`:                                                 "",
		`{{ with .Values.a }}{{ toYaml . }}{{ end }}`:                                     "",
		`{{ range $k, $v := .Values.m }}{{ $k }}={{ $v }}{{ end }}`:                       "",
		`{{ include "x" . }}`:                                                             "includes x",
		`{{ template "x" (dict "ctx" . "name" "a") }}`:                                    "includes x",
		`{{ include (print $.Template.BasePath "/c.yaml") . | sha256sum }}`:               "includes */c.yaml",
		`{{ include .Values.which . }}`:                                                   "dynamic includes ",
		`{{ include (printf "%s.x" .Chart.Name) . }}`:                                     "dynamic includes ",
		`{{ .Release.Revision }}`:                                                         "shows",
		`{{ if .Release.IsUpgrade }}a{{ end }}`:                                           "shows",
		`{{ index .Release "Revision" }}`:                                                 "shows",
		`{{ index .Release .Values.key }}`:                                                "shows",
		`{{ if eq 1 (index .Release "\x52evision") }}a{{ end }}`:                          "shows",
		`{{ . }}`:                             "shows",
		`{{ toYaml . }}`:                      "shows",
		`{{ toJson .Release }}`:               "shows",
		`{{ $ | toYaml | sha256sum }}`:        "shows",
		`{{ $r := .Release }}{{ toYaml $r }}`: "shows",
		`{{ $r := 1 }}{{ range .Values.l }}{{ toYaml $r }}{{ $r = $ }}{{ end }}`: "shows",
		`{{ range . }}{{ .Name }}{{ end }}`:                                      "shows",
		`{{ range $k, $v := .Release }}{{ if $v }}{{ $k }}{{ end }}{{ end }}`:    "shows",
		`{{ with .Release }}{{ toYaml . }}{{ end }}`:                             "shows",
		`{{ toYaml (list 1 .) }}`:                                                "shows",
		`{{ toYaml (dict "a" $) }}`:                                              "shows",
		`{{ include "x" (dict "Values" .) }}`:                                    "shows includes x",
		`{{ (default . .Values.x) | toYaml }}`:                                   "shows",
		`{{ .Values.x | default . | toYaml }}`:                                   "shows",
		`{{ define "x" }}{{ toYaml . }}{{ end }}`:                                "x: shows",
		`{{ define "x" }}{{ .Values.a }}{{ end }}`:                               "x: ",
		`{{ now }}`:                         "volatile",
		`{{ randAlphaNum 5 }}`:              "volatile",
		`{{ keys .Values.m | first }}`:      "volatile",
		`{{ lookup "v1" "Pod" "" "" }}`:     "volatile",
		`{{ $_ := set .Values "a" 1 }}`:     "volatile mutates",
		`{{ tpl .Values.t . }}`:             "shows mutates",
		`{{ .Chart.Keywords | sortAlpha }}`: "volatile mutates",
		`{{ .Subcharts.a.Template.Name }}`:  "shows",
		`{{ values .Release | join "" }}`:   "shows",
		`{{ if }}`:                          "bad",
	} {
		if got := factsText(factsOf("t.yaml", text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func factsText(f fileFacts) string {
	if f.bad {
		return "bad"
	}
	words := sayFacts(f.own)
	for _, name := range slices.Sorted(maps.Keys(f.defines)) {
		words = append(words, name+": "+strings.Join(sayFacts(f.defines[name]), " "))
	}
	return strings.Join(words, " ")
}

func sayFacts(f facts) (words []string) {
	switch {
	case f.shows:
		words = append(words, "shows")
	case f.volatile:
		words = append(words, "volatile")
	}
	if f.mutates {
		words = append(words, "mutates")
	}
	if f.dynamic {
		words = append(words, "dynamic")
	}
	for _, name := range slices.Sorted(maps.Keys(f.includes)) {
		words = append(words, "includes "+name)
	}
	return words
}
