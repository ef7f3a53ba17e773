package config

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/invopop/jsonschema"
)

// SchemaURL is where the schema of devloop.yaml is published, for editors.
const SchemaURL = "https://raw.githubusercontent.com/devloop-dev/devloop/main/docs/devloop.schema.json"

// Schema is the JSON schema (draft 2020-12) of devloop.yaml, made from the types it
// is read into and what describe says of their keys. It holds what can be said of
// keys and single values. That a name is defined elsewhere in the file only Parse
// can tell.
func Schema() ([]byte, error) {
	s, err := reflected()
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(data, '\n'), nil
}

func reflected() (*jsonschema.Schema, error) {
	r := &jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true}
	s := r.Reflect(&Project{})
	s.ID = SchemaURL
	s.Title = "devloop.yaml"
	s.Description = "What devloop keeps in a Kubernetes cluster: images built here, and the Helm releases that use them."
	for name, def := range s.Definitions {
		if err := refine(name, def); err != nil {
			return nil, err
		}
	}
	overlays(s.Definitions)
	return s, nil
}

// overlay ends the name of a type that is laid over the one before it.
const overlay = "Overlay"

// overlays has a profile say of an image or a release only what is to change.
func overlays(defs jsonschema.Definitions) {
	for key, name := range map[string]string{"images": "Image", "releases": "Release"} {
		part := *defs[name]
		part.Required = nil
		defs[name+overlay] = &part
		of, _ := defs["Profile"].Properties.Get(key)
		of.AdditionalProperties = &jsonschema.Schema{Ref: "#/$defs/" + name + overlay}
	}
}

// refine adds to the schema of a type what its fields' types do not tell.
func refine(name string, def *jsonschema.Schema) error {
	about := describe()
	for p := def.Properties.Oldest(); p != nil; p = p.Next() {
		k, ok := about[name+"."+p.Key]
		if !ok {
			return fmt.Errorf("schema: the key %s of %s has no description", p.Key, name)
		}
		p.Value.Description = k.text
		if s := p.Value.AdditionalProperties; s != nil && s.Type == "string" {
			allow(s, "number", "boolean", "null") // the reader makes a text of it
		}
		if k.more != nil {
			k.more(p.Value)
		}
		if k.required {
			def.Required = append(def.Required, p.Key)
		} else {
			allow(p.Value, "null") // a key whose entries are all commented out
		}
	}
	if more := types()[name]; more != nil {
		more(def)
	}
	return nil
}

// allow adds types to those a value can have.
func allow(s *jsonschema.Schema, more ...string) {
	if s.Type == "" {
		return // any, or another schema's
	}
	s.Extras = map[string]any{"type": append([]string{s.Type}, more...)}
	s.Type = ""
	if len(s.Enum) > 0 && slices.Contains(more, "null") {
		s.Enum = append(s.Enum, nil)
	}
}
