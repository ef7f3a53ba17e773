package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

func TestValues(t *testing.T) {
	defaults := func() map[string]any {
		return map[string]any{
			"image":    "nginx:1",
			"app":      map[string]any{"image": map[string]any{"registry": "docker.io", "repository": "x", "tag": "1", "digest": "sha256:0", "pullPolicy": "Always"}},
			"empty":    map[string]any{},
			"sidecars": []any{map[string]any{"name": "a", "image": "a:1"}, map[string]any{"name": "b", "image": "b:1"}},
			"odd":      map[string]any{"image": map[string]any{"name": "x"}},
			"keep":     float64(1),
		}
	}
	const ref = "registry.local:5000/team/app:dl-0123456789abcdef"
	tests := []struct {
		name   string
		set    map[string]any
		images map[string]string
		want   map[string]any // what is given to the chart
		fail   string
	}{
		{"string", nil, map[string]string{"image": ref}, map[string]any{"image": ref}, ""},
		{"map", nil, map[string]string{"app.image": ref}, map[string]any{"app": map[string]any{"image": map[string]any{
			"registry": "", "repository": "registry.local:5000/team/app", "tag": "dl-0123456789abcdef", "digest": ""}}}, ""},
		{"empty map", nil, map[string]string{"empty": "app:1"}, map[string]any{"empty": map[string]any{"repository": "app", "tag": "1"}}, ""},
		{"list item keeps the others", nil, map[string]string{"sidecars[1].image": ref}, map[string]any{"sidecars": []any{
			map[string]any{"name": "a", "image": "a:1"}, map[string]any{"name": "b", "image": ref}}}, ""},
		{"image wins over set", map[string]any{"image": "other"}, map[string]string{"image": ref}, map[string]any{"image": ref}, ""},
		{"a path that set makes", map[string]any{"new.image": "x"}, map[string]string{"new.image": ref}, map[string]any{"new": map[string]any{"image": ref}}, ""},
		{"misspelt", nil, map[string]string{"app.imgae": ref}, nil, `image value "app.imgae" is not among the chart's values (did you mean "app.image"?)`},
		{"unlike any", nil, map[string]string{"something.else": ref}, nil, "add it there, or correct the release's images"},
		{"map without repository", nil, map[string]string{"odd.image": ref}, nil, "a map without a repository"},
		{"no tag", nil, map[string]string{"app.image": "localhost:5000/app"}, nil, "has no tag"},
		{"typed set", map[string]any{"a.b": 1000000, "a.c": true, "a.d": "1,2", `a.e\.f`: []any{"x"}, "a.g": nil, "a.l[1]": "q", "a.h": 1.5}, nil, map[string]any{"a": map[string]any{
			"b": int64(1000000), "c": true, "d": "1,2", "e.f": []any{"x"}, "g": nil, "l": []any{nil, "q"}, "h": 1.5}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ch := &chart.Chart{Metadata: &chart.Metadata{Name: "hello"}, Values: defaults()}
			got, err := releaseValues(Release{Name: "web", Set: tt.set, Images: tt.images, Chart: "chart"}, ch)
			if tt.fail != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fail) {
					t.Fatalf("err = %v, want %q in it", err, tt.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			merged, err := chartutil.CoalesceValues(ch, got)
			if err != nil {
				t.Fatal(err)
			}
			if merged["keep"] != float64(1) {
				t.Error("a default was lost")
			}
		})
	}
}
