package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const programs = `apiVersion: devloop/v1
project: shop
images:
  app: {context: ., go: ./cmd/app, base: base, flags: [-tags=x], ldflags: [-s, -w], env: {A: 1}, user: 1000, ports: [80]}
  base: {context: base}
  made:
    context: made
    custom: [./image.sh, now]
`

func TestParseBuilders(t *testing.T) {
	p, err := parse(t, programs)
	if err != nil {
		t.Fatal(err)
	}
	app := p.Images["app"]
	if app.Go != "./cmd/app" || app.Env["A"] != "1" || app.User != "1000" || !slices.Equal(app.Ports, []int{80}) || app.HasDockerfile() {
		t.Errorf("app is %+v", app)
	}
	if made := p.Images["made"]; !slices.Equal(made.Custom, []string{"./image.sh", "now"}) || made.HasDockerfile() || !p.Images["base"].HasDockerfile() {
		t.Errorf("made is %+v", made)
	}
}

func TestParsePushAndKeep(t *testing.T) {
	p, err := parse(t, programs)
	if err != nil {
		t.Fatal(err)
	}
	if p.Keep.Images != 5 || p.Keep.Bytes != 10_000_000_000 || p.Push != "" {
		t.Errorf("by default keep %+v, push %q", p.Keep, p.Push)
	}
	for _, push := range []string{"localhost:5000", "registry.example.com/team/a-b", "localhost/x", "host:80/x", "[::1"} {
		p, err = parse(t, programs+"push: \""+push+"\"\nkeep: {images: 2, size: 1.5GB}\n")
		if good := push[0] != '['; good != (err == nil) {
			t.Errorf("push %s: error %v", push, err)
		} else if good && (p.Push != push || p.Keep.Images != 2 || p.Keep.Bytes != 1_500_000_000) {
			t.Errorf("keep %+v, push %q", p.Keep, p.Push)
		}
	}
}

func TestErrorsOfBuildersPointAtTheirPlace(t *testing.T) {
	tests := map[string]struct {
		old, new      string
		line, col     int
		message, hint string
	}{
		"a Dockerfile beside go":  {"base: base", "dockerfile: x", 4, 48, "go and dockerfile do not go together", "remove dockerfile: or go"},
		"custom beside go":        {"base: base", "custom: [x]", 4, 44, "go and custom do not go together", ""},
		"args beside custom":      {"custom: [./image.sh, now]", "custom: [x]\n    args: {A: b}", 9, 11, "custom and args do not go together", ""},
		"a push with a scheme":    {"images:", "push: https://registry.example.com\nimages:", 3, 7, "no registry with a path", "without https://"},
		"a push without a host":   {"images:", "push: team/app\nimages:", 3, 7, "no registry with a path", "registry.example.com/team"},
		"nothing kept":            {"images:", "keep: {images: 0}\nimages:", 3, 16, "keep: 0 images", "at least 1"},
		"no size":                 {"images:", "keep: {size: big}\nimages:", 3, 14, `"big" is no size`, "10GB"},
		"no folder":               {"go: ./cmd/app", "go: cmd/app", 4, 25, "does not begin with ./", "go: ./cmd/app"},
		"a flag of ours":          {"-tags=x", "-o=x", 4, 56, "devloop itself decides on -o", "remove"},
		"no flag":                 {"-tags=x", "tags", 4, 56, "no flag of go build", "-tags=prod"},
		"a port out of range":     {"[80]", "[800000]", 4, 118, "port 800000 is out of range", "65535"},
		"no variable":             {"{A: 1}", "{A-B: 1}", 4, 0, `"A-B" cannot be the name`, "letters"},
		"no go":                   {"go: ./cmd/app, ", "", 4, 27, "base is for images with go", "go: ./cmd/app"},
		"an empty custom command": {"[./image.sh, now]", "[]", 8, 13, "empty custom command", "./image.sh"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, strings.Replace(programs, tt.old, tt.new, 1))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want a *config.Error", err)
			}
			if e.Line != tt.line || tt.col > 0 && e.Col != tt.col {
				t.Errorf("place %d:%d, want %d:%d (%v)", e.Line, e.Col, tt.line, tt.col, e)
			}
			if !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("message %q, hint %q, want %q, %q", e.Message, e.Hint, tt.message, tt.hint)
			}
		})
	}
}
