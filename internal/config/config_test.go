package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const good = `apiVersion: devloop/v1
project: shop
images:
  app: {context: app, prebuild: [make, bin]}
  model:
    context: model
    dockerfile: ../docker/model.Dockerfile
releases:
  shop:
    chart: chart
    values: [values/local.yaml, ../shared.yaml]
    set: {app.replicas: 2, "app.debug": true}
    images: {app.image: app}
    needs: [base]
  base:
    chart: base.tgz
forward:
- {release: shop, service: app, port: 8080}
`

func parse(t *testing.T, text string) (*Project, error) {
	t.Helper()
	return Parse(filepath.Join(t.TempDir(), DefaultFile), []byte(text))
}

func TestParse(t *testing.T) {
	p, err := parse(t, good)
	if err != nil {
		t.Fatal(err)
	}
	in := func(parts ...string) string { return filepath.Join(append([]string{p.Dir}, parts...)...) }
	for what, pair := range map[string][2]string{
		"context":            {p.Images["app"].Context, in("app")},
		"default Dockerfile": {p.Images["app"].Dockerfile, in("app", "Dockerfile")},
		"Dockerfile":         {p.Images["model"].Dockerfile, in("docker", "model.Dockerfile")},
		"chart":              {p.Releases["shop"].Chart, in("chart")},
		"values":             {p.Releases["shop"].Values[1], in("..", "shared.yaml")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %s, want %s", what, pair[0], pair[1])
		}
	}
	if got, want := p.ReleaseNames(), []string{"base", "shop"}; !slices.Equal(got, want) {
		t.Errorf("releases in order: %v, want %v", got, want)
	}
	if p.Forward[0].Local != 8080 {
		t.Errorf("local port: %d, want that of the service", p.Forward[0].Local)
	}
	if v, ok := p.Releases["shop"].Set["app.debug"].(bool); !ok || !v {
		t.Errorf("set keeps types: app.debug is %#v, want true", p.Releases["shop"].Set["app.debug"])
	}
}

// A port by name has any local port unless one is named; two of these are no clash.
func TestAPortByName(t *testing.T) {
	p, err := parse(t, strings.Replace(good, "port: 8080}", "port: http}\n- {release: shop, service: db, port: http}\n- {release: shop, service: x, port: &p web, local: 8081}\n- {release: shop, service: y, port: *p}\n- {release: shop, service: z, port: \"9000\"}", 1))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range p.Forward {
		got = append(got, fmt.Sprintf("%s %d", f.Port, f.Local))
	}
	if want := "http 0, http 0, web 8081, web 0, 9000 9000"; strings.Join(got, ", ") != want {
		t.Errorf("ports %q, want %s", got, want)
	}
}

func TestAByteOrderMarkIsNoKey(t *testing.T) {
	if _, err := parse(t, "\ufeff"+good); err != nil {
		t.Error(err)
	}
}

func TestErrorsPointAtTheirPlace(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	tests := map[string]struct {
		text      string
		line, col int
		message   string
		hint      string
	}{
		"empty":          {"", 0, 0, "apiVersion is missing", "apiVersion: devloop/v1"},
		"only a comment": {"# soon\n", 0, 0, "apiVersion is missing", ""},
		"other version":  {replace("devloop/v1", "skaffold/v4"), 1, 13, `apiVersion "skaffold/v4" is not known`, "devloop/v1"},
		"unknown key":    {replace("    chart: chart", "    cahrt: chart"), 10, 5, `unknown key "cahrt"`, `did you mean "chart"?`},
		"unknown image":  {replace("{app.image: app}", "{app.image: appp}"), 13, 25, `uses the image "appp"`, `did you mean "app"?`},
		"unknown need":   {replace("needs: [base]", "needs: [bas]"), 14, 12, `needs "bas"`, `did you mean "base"?`},
		"no chart":       {replace("    chart: base.tgz", "    namespace: x"), 0, 0, "release base has no chart", "chart"},
		"half saved":     {replace("releases:\n", "releases\n"), 0, 0, "", ""},
		"tab":            {replace("    chart: chart", "\tchart: chart"), 10, 1, "", ""},
		"wrong type":     {replace("[values/local.yaml, ../shared.yaml]", "{a: b}"), 11, 13, "", ""},
		"bad port":       {replace("port: 8080", "port: 80800"), 18, 0, "port out of range", "65535"},
		"no port":        {replace(", port: 8080", ""), 18, 0, "forward 1 (app) has no port", "port: http"},
		"port's name":    {replace("port: 8080", "port: Http"), 18, 0, "port Http is neither a number nor a name", "as in http"},
		"port of a map":  {replace("port: 8080", "port: {a: 1}"), 18, 0, "is neither a number nor a name", "number"},
		"half a port":    {replace("port: 8080", "port: 1.5"), 18, 0, "forward[0].port: 1.5 is none", "whole number"},
		"half an image":  {good + "keep: {images: 2.5}\n", 19, 16, "keep.images: 2.5 is none", "whole number"},
		"cycle":          {replace("    chart: base.tgz", "    chart: base.tgz\n    needs: [shop]"), 0, 0, "wait for each other", "needs"},
		"bad name":       {replace("project: shop", "project: My Shop"), 2, 10, "not a valid name", "lower-case"},
		"drift":          {good + "drift: fix\n", 19, 8, `drift "fix" is not known`, "correct, warn or off"},
		"hooks":          {replace("    needs: [base]", "    hooks: sometimes"), 14, 12, `hooks "sometimes" is not known`, "auto, always or never"},
		"set file":       {replace("    needs: [base]", "    setFile: {app.ini: ''}"), 14, 24, "names no file for app.ini", "name the file"},
		"set file key":   {replace("    needs: [base]", "    setFile: {\"a=b\": x}"), 14, 22, `"a=b" cannot be the key`, "--set-file"},
		"no values file": {replace("[values/local.yaml, ../shared.yaml]", "['']"), 11, 13, "names no file", "path"},
		"off unquoted":   {good + "drift: off\n#\nx: 1\n", 21, 1, `unknown key "x"`, ""},
		"two documents":  {good + "---\nproject: other\n", 0, 0, "second YAML document", ""},
		"empty prebuild": {replace("[make, bin]", "[]"), 4, 0, "empty prebuild", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, tt.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want a *config.Error", err)
			}
			if tt.line > 0 && e.Line != tt.line || tt.col > 0 && e.Col != tt.col {
				t.Errorf("place %d:%d, want %d:%d (%v)", e.Line, e.Col, tt.line, tt.col, e)
			}
			if !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("message %q, hint %q, want %q, %q", e.Message, e.Hint, tt.message, tt.hint)
			}
		})
	}
}

func TestSnippetPutsTheCaretUnderTheColumn(t *testing.T) {
	e := &Error{Line: 12, Col: 3, Source: "  cahrt: x"}
	if got, want := e.Snippet(), "12 |   cahrt: x\n   |   ^"; got != want {
		t.Errorf("snippet\n%s\nwant\n%s", got, want)
	}
}
