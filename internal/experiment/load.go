package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/devloop-dev/devloop/internal/config"
)

// defaultTimeout is how long a step may take before it counts as censored.
const defaultTimeout = 3 * time.Minute

// Load reads and checks an experiment's file. Errors about its content are of type
// *config.Error.
func Load(path string) (*Spec, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("read the experiment: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the experiment: %w", err)
	}
	return Parse(path, data)
}

// Parse is Load for a file already read; path must be absolute.
func Parse(path string, data []byte) (*Spec, error) {
	s := &Spec{File: path, data: data}
	doc, err := config.Decode(path, data, s, keys(reflect.TypeFor[Spec]()))
	if err != nil {
		return nil, err
	}
	if err := (checker{s, doc}).all(); err != nil {
		return nil, err
	}
	s.Project = filepath.Join(filepath.Dir(path), filepath.FromSlash(s.Project))
	for i := range s.Scenarios {
		if s.Scenarios[i].Timeout == 0 {
			s.Scenarios[i].Timeout = defaultTimeout
		}
	}
	return s, nil
}

// keys are all that a file of this type can have.
func keys(t reflect.Type) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keys(t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	var out []string
	for f := range t.NumField() {
		if tag := t.Field(f).Tag.Get("yaml"); tag != "" && tag != "-" {
			out = append(append(out, tag), keys(t.Field(f).Type)...)
		}
	}
	return out
}
