package build

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBasesOf(t *testing.T) {
	tests := map[string]struct {
		dockerfile, target string
		args               map[string]string
		want               []string // line:name
	}{
		"one":              {"FROM node:20\n", "", nil, []string{"1:node:20"}},
		"nothing":          {"FROM scratch\nCOPY a /\n", "", nil, nil},
		"latest, a folder": {"FROM app:latest\nCOPY --from=docker.io/library/tools /t /\n", "", nil, []string{"1:app", "2:tools"}},
		"stages": {"FROM golang AS Build\nRUN make\nFROM build AS test\nFROM alpine\nCOPY --from=0 /a /\nCOPY --from=BUILD /b /\n", "", nil,
			[]string{"1:golang", "4:alpine"}},
		"what the target needs":    {"FROM golang AS build\nFROM node AS web\nFROM alpine\nCOPY --from=build / /\n", "", nil, []string{"1:golang", "3:alpine"}},
		"a target":                 {"FROM golang AS build\nFROM node AS web\nFROM alpine\n", "web", nil, []string{"2:node"}},
		"a target by number":       {"FROM golang\nFROM node\n", "0", nil, []string{"1:golang"}},
		"an argument":              {"ARG V=1\nFROM base:${V}\n", "", nil, []string{"2:base:1"}},
		"an argument from outside": {"ARG V=1\nFROM base:$V-x\n", "", map[string]string{"V": "2"}, []string{"2:base:2-x"}},
		"mounts":                   {"FROM a\nRUN --mount=type=bind,from=b,target=/b --mount=type=cache,target=/c,from=c make\n", "", nil, []string{"1:a", "2:b", "2:c"}},
		"a platform":               {"FROM --platform=$BUILDPLATFORM a AS x\n", "", nil, []string{"1:a"}},
		"each once":                {"FROM a\nCOPY --from=a / /\n", "", nil, []string{"1:a"}},
		"a later stage":            {"FROM a\nCOPY --from=b / /\nFROM x AS b\n", "0", nil, []string{"1:a", "2:b"}},
		"a heredoc":                {"FROM a\nRUN <<EOF\nFROM b\nEOF\n", "", nil, []string{"1:a"}},
		"another escape":           {"# escape=`\nFROM a `\n  AS x\nFROM x\n", "", nil, []string{"2:a"}},
		"with a registry":          {"FROM localhost:5000/team/a:1@sha256:" + strings.Repeat("0", 64) + "\n", "", nil, []string{"1:localhost:5000/team/a:1@sha256:" + strings.Repeat("0", 64)}},
		"an empty context":         {"FROM a\nRUN --mount=type=secret,id=x true\n", "", nil, []string{"1:a"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := Spec{Name: "app", Context: folder(t, map[string]string{"Dockerfile": tt.dockerfile}), Target: tt.target, Args: tt.args}
			bases, err := s.BasesOf()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range bases {
				got = append(got, fmt.Sprintf("%d:%s", b.Line, b.Name))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("bases %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBasesOfABrokenDockerfileNameTheLine(t *testing.T) {
	s := Spec{Name: "app", Context: folder(t, map[string]string{"Dockerfile": "FROM a\nENV b\n"})}
	_, err := s.BasesOf()
	var failed *BuildError
	if !errors.As(err, &failed) || failed.Line != 2 || failed.Dockerfile != filepath.Join(s.Context, "Dockerfile") {
		t.Errorf("error %v", err)
	}
}

func TestRewriteKeepsLines(t *testing.T) {
	bases := map[string]string{"base": "base:dl-1", "team/tools": "team/tools:dl-2"}
	tests := map[string]struct{ before, after string }{
		"FROM":           {"# x\nFROM base\n", "# x\nFROM base:dl-1\n"},
		"latest":         {"FROM base:latest AS base\nFROM base\n", "FROM base:dl-1 AS base\nFROM base\n"},
		"a version":      {"FROM base:1\n", "FROM base:1\n"},
		"an argument":    {"ARG A=base\nFROM ${A} AS x\n", "ARG A=base\nFROM base:dl-1 AS x\n"},
		"flags":          {"FROM --platform=linux/amd64 base\n", "FROM --platform=linux/amd64 base:dl-1\n"},
		"COPY":           {"FROM a\nCOPY --chown=1 --from=team/tools base /\n", "FROM a\nCOPY --chown=1 --from=team/tools:dl-2 base /\n"},
		"mounts":         {"FROM a\nRUN --mount=from=base,target=/b --mount=type=bind,target=/t,from=team/tools from=base\n", "FROM a\nRUN --mount=from=base:dl-1,target=/b --mount=type=bind,target=/t,from=team/tools:dl-2 from=base\n"},
		"more lines":     {"FROM a\nRUN \\\n  --mount=from=base,target=/b \\\n  make\n", "FROM a\nRUN \\\n  --mount=from=base:dl-1,target=/b \\\n  make\n"},
		"windows ends":   {"FROM base\r\nRUN x\r\n", "FROM base:dl-1\r\nRUN x\r\n"},
		"no end":         {"FROM base", "FROM base:dl-1"},
		"part of a name": {"FROM mybase\nCOPY --from=base2 / /\n", "FROM mybase\nCOPY --from=base2 / /\n"},
		"broken":         {"FROM base\nENV x\n", "FROM base\nENV x\n"},
	}
	for name, tt := range tests {
		if got := string(rewrite([]byte(tt.before), nil, bases)); got != tt.after {
			t.Errorf("%s:\n%q, want\n%q", name, got, tt.after)
		}
	}
}
