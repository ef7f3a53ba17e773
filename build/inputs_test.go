package build

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/digest"
)

func project(t *testing.T) string {
	return folder(t, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY . /\n", ".dockerignore": "*.log\n", "main.go": "package main\n", "x.log": "x",
	})
}

func TestTagFollowsTheContent(t *testing.T) {
	tests := map[string]struct {
		edit func(t *testing.T, root string, s *Spec)
		same bool
	}{
		"nothing":      {func(*testing.T, string, *Spec) {}, true},
		"a touch":      {func(t *testing.T, root string, _ *Spec) { touch(t, filepath.Join(root, "main.go")) }, true},
		"same again":   {func(t *testing.T, root string, _ *Spec) { put(t, filepath.Join(root, "main.go"), "package main\n") }, true},
		"ignored file": {func(t *testing.T, root string, _ *Spec) { put(t, filepath.Join(root, "x.log"), "other") }, true},
		"other name":   {func(_ *testing.T, _ string, s *Spec) { s.Name = "web" }, true},
		"content":      {func(t *testing.T, root string, _ *Spec) { put(t, filepath.Join(root, "main.go"), "package web\n") }, false},
		"new file":     {func(t *testing.T, root string, _ *Spec) { put(t, filepath.Join(root, "b.go"), "") }, false},
		"Dockerfile":   {func(t *testing.T, root string, _ *Spec) { put(t, filepath.Join(root, "Dockerfile"), "FROM scratch\n") }, false},
		"ignore file":  {func(t *testing.T, root string, _ *Spec) { put(t, filepath.Join(root, ".dockerignore"), "*.logs\n") }, false},
		"target":       {func(_ *testing.T, _ string, s *Spec) { s.Target = "x" }, false},
		"platform":     {func(_ *testing.T, _ string, s *Spec) { s.Platform = "linux/arm64" }, false},
		"an argument":  {func(_ *testing.T, _ string, s *Spec) { s.Args = map[string]string{"A": "1", "B": "3"} }, false},
		"arguments":    {func(_ *testing.T, _ string, s *Spec) { s.Args = nil }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := project(t)
			s := Spec{Name: "app", Context: root, Args: map[string]string{"A": "1", "B": "2"}}
			before := inputs(t, s)
			tt.edit(t, root, &s)
			after := inputs(t, s)
			if same := before.Tag() == after.Tag(); same != tt.same {
				t.Errorf("tag before %s, after %s; want the same: %v", before.Tag(), after.Tag(), tt.same)
			}
		})
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	then := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

// Tags travel in manifests between machines: this one may only change together
// with scheme.
func TestTagIsTheSameOnEveryMachine(t *testing.T) {
	first := inputs(t, Spec{Name: "app", Context: project(t)})
	second := inputs(t, Spec{Name: "app", Context: project(t)})
	if first.Digest != second.Digest {
		t.Errorf("two checkouts: %s and %s", first.Digest, second.Digest)
	}
	if tag := first.Tag(); !regexp.MustCompile(`^dl-[0-9a-f]{16}$`).MatchString(tag) {
		t.Errorf("tag %q", tag)
	}
	if want := goldenTag; modeRule == "executable bit" && first.Tag() != want {
		t.Errorf("tag %s, want %s: when files are packed in another way, change scheme and this constant", first.Tag(), want)
	}
}

const goldenTag = "dl-e4b579584d6df237"

func TestWhichDockerfileIsPartOfTheDigest(t *testing.T) {
	root := folder(t, map[string]string{"a": "FROM scratch\n", "b": "FROM scratch\n"})
	a := inputs(t, Spec{Name: "app", Context: root, Dockerfile: filepath.Join(root, "a")})
	b := inputs(t, Spec{Name: "app", Context: root, Dockerfile: filepath.Join(root, "b")})
	if a.Tag() == b.Tag() {
		t.Error("another Dockerfile, the same tag")
	}
}

func TestDockerfileOutsideTheContext(t *testing.T) {
	root := folder(t, map[string]string{
		"ctx/main.go": "m", "ctx/secret": "s", "ctx/.dockerignore": "main.go",
		"df/app": "FROM scratch\n", "df/app.dockerignore": "secret\n",
	})
	s := Spec{Name: "app", Context: filepath.Join(root, "ctx"), Dockerfile: filepath.Join(root, "df", "app")}
	in := inputs(t, s)
	want := []string{"../df/app", "../df/app.dockerignore", ".dockerignore", "main.go"}
	if got := names(in.Files); !slices.Equal(got, want) {
		t.Errorf("inputs %v, want %v", got, want)
	}
	put(t, s.Dockerfile, "FROM scratch\nCOPY . /\n")
	if inputs(t, s).Tag() == in.Tag() {
		t.Error("the Dockerfile changed, the tag did not")
	}
	wantPaths := []string{s.Context, s.Dockerfile, s.Dockerfile + ".dockerignore"}
	if got := s.WatchPaths(); !slices.Equal(got, wantPaths) {
		t.Errorf("paths to watch %v, want %v", got, wantPaths)
	}
}

func TestLinksToContextAndDockerfileAreFollowed(t *testing.T) {
	root := folder(t, map[string]string{"real/main.go": "m", "shared/Dockerfile": "FROM scratch\n"})
	for link, target := range map[string]string{"ctx": "real", "real/Dockerfile": "../shared/Dockerfile"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := Spec{Name: "app", Context: filepath.Join(root, "ctx")}
	before := inputs(t, s)
	if want := []string{"../shared/Dockerfile", "Dockerfile", "main.go"}; !slices.Equal(names(before.Files), want) {
		t.Errorf("inputs %v, want %v", names(before.Files), want)
	}
	if want := []string{s.Context, filepath.Join(root, "shared", "Dockerfile")}; !slices.Equal(s.WatchPaths(), want) {
		t.Errorf("paths to watch %v, want %v", s.WatchPaths(), want)
	}
	put(t, filepath.Join(root, "shared", "Dockerfile"), "FROM scratch\nCOPY . /\n")
	if inputs(t, s).Tag() == before.Tag() {
		t.Error("what the link leads to changed, the tag did not")
	}
}

func TestWhatCannotBeBuiltIsSaid(t *testing.T) {
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\n", "empty/x": ""})
	missing := filepath.Join(root, "missing")
	tests := map[string]struct {
		spec Spec
		want string
	}{
		"no context":         {Spec{Name: "app", Context: missing}, "image app: there is no context folder " + missing},
		"context is a file":  {Spec{Name: "app", Context: filepath.Join(root, "Dockerfile")}, "is no context folder"},
		"no Dockerfile":      {Spec{Name: "app", Context: filepath.Join(root, "empty")}, "image app: there is no Dockerfile " + filepath.Join(root, "empty", "Dockerfile")},
		"a relative context": {Spec{Name: "app", Context: "x"}, `"x" is not an absolute path`},
		"upper case name":    {Spec{Name: "App", Context: root}, `image name "App"`},
		"a tag in the name":  {Spec{Name: "app:v1", Context: root}, "leave the tag out"},
		"no name":            {Spec{Context: root}, `image name ""`},
	}
	for name, tt := range tests {
		_, err := tt.spec.Inputs(t.Context(), digest.New())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
		if wantGone := strings.Contains(tt.want, "there is no"); errors.Is(err, fs.ErrNotExist) != wantGone {
			t.Errorf("%s: wraps fs.ErrNotExist: %v", name, !wantGone)
		}
	}
}
