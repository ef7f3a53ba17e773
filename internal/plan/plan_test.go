package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devloop-dev/devloop/internal/digest"
)

// shop is a project of two images and three releases.
func shop() State {
	return State{
		Images: map[string]Image{
			"app":   {Inputs: tree("app/main.go", "app/Dockerfile")},
			"model": {Inputs: tree("model/main.go")},
		},
		Releases: map[string]Release{
			"shop":  {Inputs: tree("chart/values.yaml", "shared.yaml"), Images: map[string]string{"app": "app:dl-1", "model": "model:dl-1"}},
			"admin": {Inputs: tree("admin/values.yaml", "shared.yaml"), Images: map[string]string{"app": "app:dl-1"}},
			"base":  {Inputs: tree("base/values.yaml")},
		},
		Settings: tree("devloop.yaml (forward)", "devloop.yaml (drift)"),
	}
}

// tree has each path with the digest "1".
func tree(paths ...string) digest.Tree {
	var t digest.Tree
	for _, path := range paths {
		t = t.With(path, "1")
	}
	return t
}

// image and release change the inputs of one target.
func (s State) image(name string, edit func(digest.Tree) digest.Tree) {
	im := s.Images[name]
	im.Inputs = edit(im.Inputs)
	s.Images[name] = im
}

func (s State) release(name string, edit func(digest.Tree) digest.Tree) {
	r := s.Releases[name]
	r.Inputs = edit(r.Inputs)
	s.Releases[name] = r
}

// save is another content of a file.
func save(path string) func(digest.Tree) digest.Tree {
	return func(t digest.Tree) digest.Tree { return t.With(path, "2") }
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
			func(s *State) { s.image("app", save("app/main.go")) },
			[]string{"rebuild app: app/main.go changed"},
		},
		"a values file is an upgrade without a build": {
			func(s *State) { s.release("shop", save("chart/values.yaml")) },
			[]string{"upgrade shop: chart/values.yaml changed; build skipped: no image input changed"},
		},
		"a file of two releases upgrades both": {
			func(s *State) {
				s.release("shop", save("shared.yaml"))
				s.release("admin", save("shared.yaml"))
			},
			[]string{"upgrade admin: shared.yaml changed; build skipped: no image input changed",
				"upgrade shop: shared.yaml changed; build skipped: no image input changed"},
		},
		"a file of a release without images says nothing of builds": {
			func(s *State) { s.release("base", save("base/values.yaml")) },
			[]string{"upgrade base: base/values.yaml changed"},
		},
		"with a rebuild for others, the images of the release are meant": {
			func(s *State) { s.image("model", save("model/main.go")); s.release("admin", save("admin/values.yaml")) },
			[]string{"rebuild model: model/main.go changed",
				"upgrade admin: admin/values.yaml changed; build skipped: no input of its images changed"},
		},
		"with a rebuild of its image nothing is skipped": {
			func(s *State) { s.image("app", save("app/main.go")); s.release("admin", save("admin/values.yaml")) },
			[]string{"rebuild app: app/main.go changed", "upgrade admin: admin/values.yaml changed"},
		},
		"names that are no text are quoted": {
			func(s *State) { s.release("base", save("base/a\nb\xff.yaml")) },
			[]string{`upgrade base: "base/a\nb\xff.yaml" changed`},
		},
		"settings of nobody are a reload": {
			func(s *State) { s.Settings = save("devloop.yaml (forward)")(s.Settings) },
			[]string{"reload : devloop.yaml (forward) changed"},
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
				s.image("model", func(t digest.Tree) digest.Tree { return t.With("model/new.go", "1").Without("model/main.go") })
			},
			[]string{"rebuild model: model/main.go, model/new.go changed"},
		},
		"many files are counted": {
			func(s *State) {
				for i := range 9 {
					s.image("model", save(fmt.Sprintf("model/%d.go", i)))
				}
			},
			[]string{"rebuild model: model/0.go, model/1.go and 7 more files changed"},
		},
		"a new release is looked at": {
			func(s *State) { s.Releases["new"] = Release{Inputs: tree("new/Chart.yaml")} },
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
				got = append(got, fmt.Sprintf("%s %s: %s", a.Do, a.Target, a.Why()))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}
