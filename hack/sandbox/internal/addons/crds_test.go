package addons

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSplitTakesDefinitionsOnly(t *testing.T) {
	const stream = `# a comment
---
kind: CustomResourceDefinition
metadata: {name: a.example.com}
---
kind: ConfigMap
metadata: {name: b}
---
kind: CustomResourceDefinition
metadata:
  name: c.example.com
  annotations: {text: "--- not a separator"}
---
`
	definitions := map[string]json.RawMessage{}
	if err := split([]byte(stream), definitions); err != nil {
		t.Fatal(err)
	}
	if len(definitions) != 2 || definitions["a.example.com"] == nil || definitions["c.example.com"] == nil {
		t.Errorf("got %v", definitions)
	}
	if err := split([]byte("kind: [\n"), definitions); err == nil {
		t.Error("broken YAML was taken")
	}
}

func TestSourcesArePinned(t *testing.T) {
	for _, source := range Sources() {
		if !strings.HasPrefix(source.Sum, "h1:") || !strings.HasPrefix(source.Version, "v") || len(source.Files) == 0 {
			t.Errorf("source %+v", source)
		}
	}
}
