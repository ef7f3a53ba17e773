package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write docs/devloop.schema.json anew")

const published = "../../docs/devloop.schema.json"

// validator compiles the schema, which also holds it against the meta-schema of
// its draft.
func validator(t *testing.T) func(text string) error {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if draft := doc.(map[string]any)["$schema"]; draft != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("$schema is %v, want draft 2020-12", draft)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		asJSON, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			return err
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}

func TestTheSchemaAgreesWithTheReader(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the good file", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	const head = "apiVersion: devloop/v1\nproject: shop\n"
	tests := map[string]string{
		"good":                 good,
		"only images":          head + "images: {app: {context: .}}\n",
		"only a release":       head + "releases: {a: {chart: c}}\n",
		"keys left empty":      head + "releases: {a: {chart: c, values: , set: , needs: , hooks: , namespace: }}\nimages:\nforward:\ndrift:\n",
		"args of other types":  head + "images: {app: {context: ., args: {N: 1, B: true, S: x}}}\n",
		"values of any type":   head + "releases: {a: {chart: c, set: {a: [1, {b: c}], d: null}}}\n",
		"set from a file":      head + "releases: {a: {chart: c, setFile: {conf: a.toml}}}\n",
		"file without a name":  head + "releases: {a: {chart: c, setFile: {conf: \"\"}}}\n",
		"values without name":  head + "releases: {a: {chart: c, values: [\"\"]}}\n",
		"secrets":              head + "images: {app: {context: ., secrets: [{id: a, file: x}, {id: b, env: X}], ssh: [default, git=/run/agent]}}\n",
		"secret from nowhere":  head + "images: {app: {context: ., secrets: [{id: a}]}}\n",
		"secret from both":     head + "images: {app: {context: ., secrets: [{id: a, file: x, env: X}]}}\n",
		"secret without id":    head + "images: {app: {context: ., secrets: [{file: x}]}}\n",
		"secret with a comma":  head + "images: {app: {context: ., secrets: [{id: \"a,b\", file: x}]}}\n",
		"nameless agent":       head + "images: {app: {context: ., ssh: [\"\"]}}\n",
		"drift":                good + "drift: warn\nallowContexts: [a]\n",
		"no apiVersion":        replace("apiVersion: devloop/v1\n", ""),
		"other apiVersion":     replace("devloop/v1", "devloop/v2"),
		"no project":           replace("project: shop\n", ""),
		"bad project":          replace("project: shop", "project: My Shop"),
		"neither of both":      head,
		"unknown key":          good + "imagse: {}\n",
		"unknown image key":    replace("context: app,", "context: app, conttext: x,"),
		"unknown release key":  replace("    chart: chart", "    chart: chart\n    cahrt: x"),
		"unknown forward key":  replace("port: 8080", "port: 8080, prot: 1"),
		"no context":           replace("context: app, ", ""),
		"empty context":        replace("context: app,", `context: "",`),
		"no chart":             replace("    chart: base.tgz", "    namespace: x"),
		"bad image name":       replace("  app: {", "  App: {"),
		"bad release name":     replace("  base:\n", "  Base_:\n"),
		"bad namespace":        replace("chart: base.tgz", "chart: base.tgz\n    namespace: A_b"),
		"values is a map":      replace("[values/local.yaml, ../shared.yaml]", "{a: b}"),
		"values is a text":     replace("[values/local.yaml, ../shared.yaml]", "a.yaml"),
		"empty prebuild":       replace("[make, bin]", "[]"),
		"prebuild as text":     replace("[make, bin]", "make bin"),
		"createNamespace text": replace("chart: base.tgz", "chart: base.tgz\n    createNamespace: \"yes\""),
		"bad hooks":            replace("chart: base.tgz", "chart: base.tgz\n    hooks: sometimes"),
		"bad drift":            good + "drift: fix\n",
		"port too high":        replace("port: 8080", "port: 80800"),
		"port by name":         replace("port: 8080", "port: http"),
		"port by bad name":     replace("port: 8080", "port: Http_"),
		"port is a boolean":    replace("port: 8080", "port: true"),
		"port is a list":       replace("port: 8080", "port: [80]"),
		"port is a fraction":   replace("port: 8080", "port: 80.5"),
		"port is nothing":      replace("port: 8080", "port: "),
		"no port":              replace(", port: 8080", ""),
		"no service":           replace("service: app, ", ""),
		"forward is a map":     replace("- {release", "  {release"),
	}
	validate := validator(t)
	for name, text := range tests {
		_, read := Parse(filepath.Join(t.TempDir(), DefaultFile), []byte(text))
		if valid := validate(text); (read == nil) != (valid == nil) {
			t.Errorf("%s: the reader says %v, the schema %v", name, read, valid)
		}
	}
}

func TestTheSchemaAcceptsTheExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/devloop.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples found: %v", err)
	}
	validate := validator(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	fields := map[string]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer:
			visit(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				key, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
				if name := typ.Name() + "." + key; key != "-" && key != "" && !fields[name] {
					fields[name] = true
					visit(typ.Field(i).Type)
				}
			}
		}
	}
	visit(reflect.TypeFor[Project]())
	about := describe()
	for name := range fields {
		if about[name].text == "" {
			t.Errorf("describe.go says nothing of %s", name)
		}
	}
	for name := range about {
		if !fields[name] {
			t.Errorf("describe.go tells of %s, which is no key", name)
		}
	}
}

func TestThePublishedSchemaIsThisOne(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(published, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(published); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what devloop schema prints (%v): run go test ./internal/config -run Published -update", published, err)
	}
}
