package build

import (
	"slices"
	"testing"
	"time"
)

func TestBudgetKeepsTheNewestAndTheUsed(t *testing.T) {
	at := func(age int, name string, size int64, used bool) kept {
		return kept{name: name, id: name + string(rune('a'+age)), size: size, tagged: time.Unix(int64(100-age), 0), used: used}
	}
	all := func() []kept {
		return []kept{at(3, "app", 10, false), at(0, "app", 10, false), at(1, "app", 10, false), at(2, "app", 10, true), at(4, "app", 10, false), at(5, "web", 50, false)}
	}
	for name, tt := range map[string]struct {
		budget Budget
		want   []string
	}{
		"all fit":                         {Budget{5, 1000}, nil},
		"two of each name, and the used":  {Budget{2, 1000}, []string{"appe", "appd"}},
		"the newest of a name never goes": {Budget{1, 1}, []string{"appe", "appd", "appb"}},
		"size counts from the newest":     {Budget{5, 30}, []string{"appe", "appd"}},
	} {
		var got []string
		for _, k := range tt.budget.exceeding(all()) {
			got = append(got, k.id)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v go, want %v", name, got, tt.want)
		}
	}
}

func TestOnlyTagsOfOursAreOurs(t *testing.T) {
	for ref, want := range map[string]bool{
		"app:dl-0a1b": true, "app:dl-": false, "app:dl-xyz": false, "app:latest": false, "other/app:dl-0a1b": false, "apps:dl-0a1b": false, "app:dl-0a1b-x": false,
	} {
		tag, ok := cutName(ref, "app")
		if got := ok && ownTag.MatchString(tag); got != want {
			t.Errorf("%s: ours %v, want %v", ref, got, want)
		}
	}
}
