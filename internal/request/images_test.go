package request

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
)

// project has an image for each Dockerfile.
func project(t *testing.T, dockerfiles map[string]string) *config.Project {
	t.Helper()
	p := &config.Project{Dir: t.TempDir(), Images: map[string]config.Image{}}
	for name, text := range dockerfiles {
		context := filepath.Join(p.Dir, name)
		if err := os.MkdirAll(context, 0o755); err != nil {
			t.Fatal(err)
		}
		im := config.Image{Context: context, Dockerfile: filepath.Join(context, "Dockerfile")}
		if err := os.WriteFile(im.Dockerfile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p.Images[name] = im
	}
	return p
}

func TestStackOrdersImages(t *testing.T) {
	p := project(t, map[string]string{
		"app":      "FROM golang AS build\nRUN make\nFROM web\nCOPY --from=build /a /\nCOPY --from=tools /t /\n",
		"web":      "FROM base:latest\n",
		"tools":    "FROM scratch\n",
		"base":     "ARG ON=base:1.2\nFROM $ON\n", // another image of that name
		"postgres": "FROM postgres\n",
		"broken":   "FROM\n",
	})
	s := NewStack(p)
	if got, want := s.Order(), []string{"base", "web", "tools", "app", "broken", "postgres"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	if got, want := s.Bases("app"), []string{"web", "tools"}; !slices.Equal(got, want) {
		t.Errorf("app is built on %v, want %v", got, want)
	}
	if _, ok := s.With(p, "app", map[string]string{"web": "web:dl-1"}); ok {
		t.Error("tools has no reference, and app could be built")
	}
	spec, ok := s.With(p, "app", map[string]string{"web": "web:dl-1", "tools": "tools:dl-2", "base": "base:dl-3"})
	if !ok || len(spec.Bases) != 2 || spec.Bases["tools"] != "tools:dl-2" {
		t.Errorf("app with bases %v, %v", spec.Bases, ok)
	}
}

func TestStackTellsOfImagesBuiltOnEachOther(t *testing.T) {
	p := project(t, map[string]string{
		"a": "FROM scratch AS x\nFROM b\n", "b": "FROM scratch\nCOPY --from=c / /\n", "c": "FROM a\n", "d": "FROM c\n", "e": "FROM scratch\n",
	})
	s := NewStack(p)
	for _, name := range []string{"a", "d"} {
		err := s.Circle(name)
		if err == nil {
			t.Fatalf("no error of %s", name)
		}
		for _, want := range []string{
			filepath.Join(p.Dir, "a", "Dockerfile") + ":2: a is built on b",
			filepath.Join(p.Dir, "b", "Dockerfile") + ":2: b is built on c",
			filepath.Join(p.Dir, "c", "Dockerfile") + ":1: c is built on a",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error\n%v\nhas no %q", name, err, want)
			}
		}
	}
	if err := s.Circle("e"); err != nil {
		t.Error(err)
	}
	if got := s.Order(); len(got) != 5 {
		t.Errorf("order %v, want all", got)
	}
}
