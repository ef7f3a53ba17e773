package scaffold

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/devloop-dev/devloop/internal/config"
)

// Every key that the file can have is written such that the reader gets the same,
// also one that is added later.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	texts := []string{"plain", "off", "yes", "1.5", "0x1f", "~", "a: b", "a #b", "{x}", "- x", "with \"quotes\" and \\", "two\nlines", "ünï", "", " blank ", "64Mi", "~/x", "@at", "*star", "a,b", "a]b", "http://x:1/y", "null", "2024-01-01", "k=v"}
	for n := range texts {
		at := n
		next := func() string { at++; return texts[at%len(texts)] }
		var want config.Project
		fill(reflect.ValueOf(&want).Elem(), next, 0)
		want.APIVersion = config.APIVersion
		text := (&Draft{Project: want}).YAML()
		var got config.Project
		if err := yaml.UnmarshalWithOptions(text, &got, yaml.Strict()); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(- written, + read)\n%s\n%s", diff, text)
		}
	}
}

// fill gives each key of the file a value.
func fill(v reflect.Value, next func() string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(next())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(int64(depth + 1))
	case reflect.Interface:
		v.Set(reflect.ValueOf(map[string]any{"n": uint64(7), "f": 1.5, "s": next(), "l": []any{"x", map[string]any{"d": nil}}, "e": map[string]any{}, "b": false}))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), next, depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range 2 {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(e, next, depth+1)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("k%d.%s", i, strings.TrimSpace(next()))), e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if keyOf(v.Type().Field(i)) != "" {
				fill(v.Field(i), next, depth+1)
			}
		}
	}
}

func TestTheCommentsMakeAValidFileToo(t *testing.T) {
	s, err := Look(t.Context(), filepath.Join("testdata", "lists"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Draft(Likeliest)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody takes the marks off the examples at the end of each section.
	text := string(d.YAML())
	for _, example := range []string{"    # namespace:", "    # createNamespace:", "# forward:", "#   - {release: my-release"} {
		if !strings.Contains(text, example) {
			t.Fatalf("no example %q in\n%s", example, text)
		}
		text = strings.Replace(text, example, strings.Replace(example, "# ", "", 1), 1)
	}
	text = strings.Replace(text, "release: my-release", "release: jobs", 1)
	if _, err := config.Parse(filepath.Join(t.TempDir(), config.DefaultFile), []byte(text)); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}
