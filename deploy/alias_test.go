package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
)

func TestImagesOfSubchartsUnderTheirAliases(t *testing.T) {
	image := func() map[string]any {
		return map[string]any{"image": map[string]any{"repository": "x", "tag": "y"}}
	}
	ch := &chart.Chart{Metadata: &chart.Metadata{Name: "top", Version: "1", Dependencies: []*chart.Dependency{
		{Name: "web", Alias: "shop"}, {Name: "web", Alias: "admin", Condition: "admin.on"}, {Name: "db"},
	}}}
	ch.SetDependencies(
		&chart.Chart{Metadata: &chart.Metadata{Name: "web", Version: "1"}, Values: image()},
		&chart.Chart{Metadata: &chart.Metadata{Name: "db", Version: "1"}, Values: image()},
	)
	rel := Release{Name: "r", Set: map[string]any{"admin.on": false},
		Images: map[string]string{"shop.image": "a:1", "admin.image": "a:1", "db.image": "d:2"}}
	got, err := releaseValues(rel, ch)
	if err != nil {
		t.Fatal(err)
	}
	set := func(repo, tag string) map[string]any {
		return map[string]any{"image": map[string]any{"repository": repo, "tag": tag}}
	}
	admin := set("a", "1")
	admin["on"] = false
	if diff := cmp.Diff(map[string]any{"shop": set("a", "1"), "admin": admin, "db": set("d", "2")}, got); diff != "" {
		t.Errorf("(- want, + got)\n%s", diff)
	}
	if ch.Dependencies()[0].Name() != "web" {
		t.Errorf("the chart itself was renamed: %s", ch.Dependencies()[0].Name())
	}
	rel.Images = map[string]string{"web.image": "a:1"}
	if _, err := releaseValues(rel, ch); err == nil {
		t.Error("the name without the alias was taken: Helm does not know it")
	}
}
