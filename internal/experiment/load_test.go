package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
)

const small = `apiVersion: devloop/experiment/v1
name: small
arms:
  - {name: devloop, stays: [devloop, up]}
  - {name: helm, run: [helm, upgrade]}
scenarios:
  - name: A
    steps:
      - edit: [{file: values.yaml, find: "a: 1", replace: "a: 2"}]
        verified: {object: {apiVersion: v1, kind: ConfigMap, name: c, where: {.data.a: "2"}}}
claims:
  - {arm: devloop, against: helm, less: 90}
`

func TestTheExamplesFilesAreRead(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/experiments/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		s, err := Load(f)
		if err != nil {
			t.Error(err)
			continue
		}
		// What they edit must be there, in each arm's copy.
		for _, a := range s.Arms {
			w := &workspace{dir: t.TempDir(), staging: t.TempDir(), before: map[string][]byte{}, modes: map[string]os.FileMode{}}
			if err := copyFolder(s.Project, w.dir); err != nil {
				t.Fatal(err)
			}
			made, err := w.prepare(a.Edits, values{})
			if err == nil {
				err = w.save(made, true)
			}
			if err != nil {
				t.Errorf("%s, arm %s: %v", f, a.Name, err)
			}
			for _, sc := range s.Scenarios {
				if _, err := w.prepare(sc.Steps[0].Edit, values{}); err != nil {
					t.Errorf("%s, arm %s, scenario %s: %v", f, a.Name, sc.Name, err)
				}
			}
		}
	}
}

func TestAnArmIsLeftOutWithoutWhatItNeeds(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "there.exe"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	text := strings.Replace(small, "{name: helm, run", "{name: other, needs: [there.exe, absent, gone], run: [x]}\n  - {name: helm, needs: [there.exe], run", 1)
	s, err := Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	names, why := s.Possible()
	if !slices.Equal(names, []string{"devloop", "helm"}) || !slices.Equal(why, []string{"arm other is left out: absent and gone not in PATH"}) {
		t.Errorf("possible %q, because %q", names, why)
	}
}

func TestWrongFilesAreRefusedWithTheirLine(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"version":          {"experiment/v1", "v1", `f.yaml:1:13: apiVersion "devloop/v1" is not known`},
		"unknown key":      {"replace:", "replase:", `f.yaml:9:50: unknown key "replase": did you mean "replace"?`},
		"two arms of name": {"name: helm", "name: devloop", `f.yaml:5:12: there are two arms devloop`},
		"neither run":      {", run: [helm, upgrade]", "", `f.yaml:5:5: arm helm needs either run or stays`},
		"edit of nothing":  {`find: "a: 1", replace: "a: 2"`, "", `an edit needs either find or text`},
		"outside":          {"file: values.yaml", "file: ../values.yaml", `f.yaml:9:23: "../values.yaml" is no file of the project`},
		"no observer":      {"{object: {apiVersion: v1, kind: ConfigMap, name: c, where: {.data.a: \"2\"}}}", "{}", `0 observers, not 1`},
		"path":             {".data.a", "'.data[a'", `is no JSONPath`},
		"variable":         {`replace: "a: 2"`, `replace: "a: ${trail}"`, "${trail} is not known: there are ${namespace}, ${unique}"},
		"claim's arm":      {"against: helm", "against: skaffold", `f.yaml:12:29: there is no arm "skaffold": there are devloop, helm`},
		"claim":            {", less: 90", "", `it is not clear what the claim says`},
		"stages":           {"run: [helm, upgrade]", `run: [helm, upgrade], stages: '(\w+)'`, `stages has 1 groups, not 2`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(small, tt.old, tt.new, 1)
			if text == small {
				t.Fatal("the edit changes nothing")
			}
			_, err := Parse("/dir/f.yaml", []byte(text))
			var bad *config.Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) || bad.Line == 0 {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Parse("/dir/f.yaml", []byte(small)); err != nil {
		t.Error(err)
	}
}
