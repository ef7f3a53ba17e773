package config

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzParse checks that no file, however torn, is a panic; that each error is a
// *Error at a place within the file; and that a project which is read, written
// and read again is the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for i := 0; i < len(good); i += 29 { // half saved
		f.Add([]byte(good[:i]))
	}
	for _, text := range []string{
		"a: &a [*a]", "a: !", "? x", "\x00", "a:\n\t- b", "apiVersion: devloop/v1\r\nproject: x\r\nimages: {a: {context: .}}\r\n",
		good + "drift: off\n", strings.Replace(good, "{app.replicas: 2", "{n: .nan, f: 1.0, big: 1e30, t: 2001-01-01, nul: ~, l: [1, {a: b}]", 1),
		strings.Replace(good, "set:", "setFile: {app.ini: conf/app.ini}\n    set:", 1),
		strings.Replace(good, "shop", "\xff", 1), strings.Replace(good, "context: app", "context: \"ü\\n\"", 1),
	} {
		f.Add([]byte(text))
	}
	examples, err := filepath.Glob("../../examples/*/devloop.yaml")
	if err != nil || len(examples) == 0 {
		f.Fatalf("examples: %v, %v", examples, err)
	}
	for _, path := range examples {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(os.TempDir(), DefaultFile)
		p, err := Parse(path, data)
		if err != nil {
			checkPlace(t, data, err)
			return
		}
		p.ReleaseNames()
		// An empty list or map is the same as none.
		written := *p
		written.Images = maps.Clone(p.Images)
		for name, im := range written.Images {
			if !im.HasDockerfile() { // the default is filled in, and may not be written
				im.Dockerfile = ""
				written.Images[name] = im
			}
		}
		text, err := yaml.MarshalWithOptions(written, yaml.OmitEmpty())
		if err != nil {
			t.Fatalf("write it again: %v", err)
		}
		again, err := Parse(path, text)
		if err != nil {
			t.Fatalf("written again it is wrong: %v\n%s", err, text)
		}
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("written and read again it differs:\n%s\n%s", diff, text)
		}
	})
}

func checkPlace(t *testing.T, data []byte, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error of type %T, want *config.Error: %v", err, err)
	}
	if e.Message == "" || strings.ContainsAny(e.Message, "\n\r") {
		t.Errorf("message %q", e.Message)
	}
	lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
	switch {
	case e.Line == 0 && e.Col == 0:
	case e.Line < 1 || e.Line > len(lines):
		t.Errorf("line %d of %d: %v", e.Line, len(lines), e)
	case e.Col < 1 || e.Col > len([]rune(string(lines[e.Line-1])))+1:
		t.Errorf("column %d of line %q: %v", e.Col, lines[e.Line-1], e)
	}
	_ = e.Snippet()
}
