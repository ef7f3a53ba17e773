package plan

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
)

func TestIndexFindsWhoIsConcerned(t *testing.T) {
	at := func(path string) string { return filepath.FromSlash(path) }
	x := NewIndex(map[string][]string{
		"app":   {at("/p/app"), at("/p/docker/app.Dockerfile")},
		"model": {at("/p/model")},
		"shop":  {at("/p/chart"), at("/p/values.yaml"), at("/p/values.yaml")},
		"all":   {at("/p")},
	})
	tests := map[string]struct {
		path string
		want []string
	}{
		"below a folder":         {"/p/app/web/main.go", []string{"all", "app"}},
		"the folder itself":      {"/p/chart", []string{"all", "shop"}},
		"a file":                 {"/p/values.yaml", []string{"all", "shop"}},
		"a name that begins so":  {"/p/app2/main.go", []string{"all"}},
		"a folder with roots":    {"/p/docker", []string{"all", "app"}},
		"the folder of them all": {"/", []string{"all", "app", "model", "shop"}},
		"elsewhere":              {"/q/app", nil},
	}
	for name, tt := range tests {
		touched, lost := x.Touched([]string{at(tt.path)})
		if got := slices.Sorted(maps.Keys(touched)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s concerns %v, want %v", name, tt.path, got, tt.want)
		}
		if (len(lost) == 1) != (len(tt.want) == 0) {
			t.Errorf("%s: lost %v", name, lost)
		}
	}
	touched, _ := x.Touched([]string{at("/p/app/a"), at("/p/app/b"), at("/p/values.yaml")})
	if got, want := touched["app"], []string{at("/p/app/a"), at("/p/app/b")}; !slices.Equal(got, want) {
		t.Errorf("paths of app: %v, want %v", got, want)
	}
}

func BenchmarkTouchedOf500Targets(b *testing.B) {
	roots := map[string][]string{}
	for i := range 500 {
		roots[fmt.Sprint("r", i)] = []string{fmt.Sprintf("/p/charts/%d", i), fmt.Sprintf("/p/values/%d.yaml", i)}
	}
	x := NewIndex(roots)
	b.ReportAllocs()
	for b.Loop() {
		if touched, _ := x.Touched([]string{"/p/values/250.yaml"}); len(touched) != 1 {
			b.Fatal(touched)
		}
	}
}
