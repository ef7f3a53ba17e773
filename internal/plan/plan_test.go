package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devloop-dev/devloop/internal/digest"
)

// shop is a project of two images and three releases.
func shop() State {
	return State{
		Images: map[string]Image{
			"app":   {Inputs: digest.Tree{"app/main.go": "1", "app/Dockerfile": "1"}},
			"model": {Inputs: digest.Tree{"model/main.go": "1"}},
		},
		Releases: map[string]Release{
			"shop":  {Inputs: digest.Tree{"chart/values.yaml": "1", "shared.yaml": "1"}, Images: map[string]string{"app": "app:dl-1", "model": "model:dl-1"}},
			"admin": {Inputs: digest.Tree{"admin/values.yaml": "1", "shared.yaml": "1"}, Images: map[string]string{"app": "app:dl-1"}},
			"base":  {Inputs: digest.Tree{"base/values.yaml": "1"}},
		},
	}
}

func TestWhatDidNotEndWellIsTakenUpAgain(t *testing.T) {
	before := shop()
	before.Images["model"] = Image{Inputs: before.Images["model"].Inputs, Again: true}
	before.Releases["base"] = Release{Inputs: before.Releases["base"].Inputs, Again: true}
	got := Make(before, shop())
	if len(got) != 2 || got[0].Target != "model" || got[1].Target != "base" {
		t.Errorf("plan %v, want model and base", got)
	}
}

func TestMake(t *testing.T) {
	tests := map[string]struct {
		edit func(*State)
		want []string
	}{
		"nothing": {func(*State) {}, nil},
		"a source file is a rebuild of its image and no more": {
			func(s *State) { s.Images["app"].Inputs["app/main.go"] = "2" },
			[]string{"rebuild app: app/main.go changed"},
		},
		"a values file is an upgrade without a build": {
			func(s *State) { s.Releases["shop"].Inputs["chart/values.yaml"] = "2" },
			[]string{"upgrade shop: chart/values.yaml changed"},
		},
		"a file of two releases upgrades both": {
			func(s *State) {
				s.Releases["shop"].Inputs["shared.yaml"] = "2"
				s.Releases["admin"].Inputs["shared.yaml"] = "2"
			},
			[]string{"upgrade admin: shared.yaml changed", "upgrade shop: shared.yaml changed"},
		},
		"a new reference upgrades the releases that use the image": {
			func(s *State) { s.Releases["shop"].Images["model"] = "model:dl-2" },
			[]string{"upgrade shop: image model is now model:dl-2"},
		},
		"a reference not known yet is no reason": {
			func(s *State) { s.Releases["shop"].Images["model"] = "" },
			nil,
		},
		"new and removed files count": {
			func(s *State) {
				s.Images["model"].Inputs["model/new.go"] = "1"
				delete(s.Images["model"].Inputs, "model/main.go")
			},
			[]string{"rebuild model: model/main.go, model/new.go changed"},
		},
		"many files are counted": {
			func(s *State) {
				for i := range 9 {
					s.Images["model"].Inputs[fmt.Sprintf("model/%d.go", i)] = "1"
				}
			},
			[]string{"rebuild model: model/0.go, model/1.go and 7 more files changed"},
		},
		"a new release is looked at": {
			func(s *State) { s.Releases["new"] = Release{Inputs: digest.Tree{"new/Chart.yaml": "1"}} },
			[]string{"upgrade new: first look"},
		},
		"inputs that cannot be read are told": {
			func(s *State) { s.Releases["base"] = Release{Unreadable: "no such file"} },
			[]string{"upgrade base: cannot be read"},
		},
		"what is gone from the files stays in the cluster": {
			func(s *State) { delete(s.Releases, "base"); delete(s.Images, "app") },
			nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			after := shop()
			tt.edit(&after)
			var got []string
			for _, a := range Make(shop(), after) {
				got = append(got, fmt.Sprintf("%s %s: %s", a.Do, a.Target, a.Reason))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzMake checks the two properties every plan has: equal digests ask for
// nothing, and one changed input asks for exactly the targets it belongs to.
func FuzzMake(f *testing.F) {
	f.Add(uint8(3), uint8(4), uint16(7), uint8(1))
	f.Fuzz(func(t *testing.T, images, releases uint8, seed uint16, file uint8) {
		build := func() State {
			s := State{Images: map[string]Image{}, Releases: map[string]Release{}}
			inputs := func(n int) digest.Tree {
				tree := digest.Tree{}
				for i := range 16 {
					if (int(seed)>>(i%13)+n*i)%3 == 0 {
						tree[fmt.Sprint("f", i)] = "1"
					}
				}
				return tree
			}
			for i := range int(images % 8) {
				s.Images[fmt.Sprint("i", i)] = Image{Inputs: inputs(i)}
			}
			for i := range int(releases % 8) {
				s.Releases[fmt.Sprint("r", i)] = Release{Inputs: inputs(i + 8)}
			}
			return s
		}
		if got := Make(build(), build()); got != nil {
			t.Fatalf("equal digests give %v", got)
		}
		after, path, want := build(), fmt.Sprint("f", file%16), map[string]bool{}
		for name, im := range after.Images {
			if _, ok := im.Inputs[path]; ok {
				im.Inputs[path], want[name] = "2", true
			}
		}
		for name, r := range after.Releases {
			if _, ok := r.Inputs[path]; ok {
				r.Inputs[path], want[name] = "2", true
			}
		}
		got := map[string]bool{}
		for _, a := range Make(build(), after) {
			got[a.Target] = true
			if !slices.Equal(a.Paths, []string{path}) {
				t.Errorf("paths %v, want %s", a.Paths, path)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s touches %v, planned for %v", path, want, got)
		}
	})
}
