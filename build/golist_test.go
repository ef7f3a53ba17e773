package build

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shop is a module with a program, two packages beside, and a module that it takes
// from a folder outside.
func shop(t *testing.T) (s Spec, root string) {
	t.Helper()
	root = folder(t, map[string]string{
		"shop/go.mod":                  "module example.test/shop\n\ngo 1.24\n\nrequire example.test/lib v0.0.0\n\nreplace example.test/lib => ../lib\n",
		"shop/cmd/app/main.go":         "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.test/lib\"\n\t\"example.test/shop/internal/used\"\n)\n\nfunc main() { fmt.Println(used.Text, lib.Text) }\n",
		"shop/cmd/app/main_test.go":    "package main\n",
		"shop/internal/used/used.go":   "package used\n\nimport _ \"embed\"\n\n//go:embed page.html\nvar Text string\n",
		"shop/internal/used/page.html": "hello",
		"shop/internal/used/win.go":    "//go:build windows\n\npackage used\n",
		"shop/internal/other/other.go": "package other\n",
		"shop/README.md":               "r",
		"lib/go.mod":                   "module example.test/lib\n\ngo 1.24\n",
		"lib/lib.go":                   "package lib\n\nconst Text = \"lib\"\n",
		"lib/cmd/unused/main.go":       "package main\n\nfunc main() {}\n",
	})
	return Spec{Name: "devloop-test/shop", Context: filepath.Join(root, "shop"), Go: &GoBuild{Package: "./cmd/app"}}, root
}

func TestGoInputsAreTheFilesThatAreCompiled(t *testing.T) {
	s, root := shop(t)
	first := inputs(t, s)
	got := slices.DeleteFunc(names(first.Files), func(key string) bool { return strings.HasSuffix(key, "/VERSION") })
	want := []string{"../lib/go.mod", "../lib/lib.go", "cmd/app/main.go", "go.mod", "internal/used/page.html", "internal/used/used.go"}
	if !slices.Equal(got, want) {
		t.Errorf("inputs %v, want %v", got, want)
	}
	if len(got) == len(first.Files) {
		t.Error("the version of Go is no input")
	}
	if got, want := s.WatchPaths(), []string{s.Context, filepath.Join(root, "lib")}; !slices.Equal(got, want) {
		t.Errorf("watched %v, want %v", got, want)
	}
	for _, edit := range []struct {
		file, text string
		same       bool
	}{
		{"shop/internal/other/other.go", "package other\n\nconst A = 1\n", true},
		{"shop/cmd/app/main_test.go", "package main\n\nconst a = 1\n", true},
		{"shop/internal/used/win.go", "//go:build windows\n\npackage used\n\nconst A = 1\n", true},
		{"shop/README.md", "more", true},
		{"lib/cmd/unused/main.go", "package main\n\nfunc main() { println() }\n", true},
		{"shop/internal/used/page.html", "hello!", false},
		{"shop/internal/used/new.go", "package used\n\nconst B = 1\n", false},
		{"lib/lib.go", "package lib\n\nconst Text = \"other\"\n", false},
		{"shop/internal/used/used.go", "package used\n\nimport _ \"example.test/shop/internal/other\"\n\nconst Text = \"\"\n", false},
		{"shop/go.mod", "module example.test/shop\n\ngo 1.25\n\nrequire example.test/lib v0.0.0\n\nreplace example.test/lib => ../lib\n", false},
	} {
		before := inputs(t, s)
		put(t, filepath.Join(root, filepath.FromSlash(edit.file)), edit.text)
		if after := inputs(t, s); (after.Digest == before.Digest) != edit.same {
			t.Errorf("edit of %s: same digest %v, want %v", edit.file, !edit.same, edit.same)
		}
	}
	if after := inputs(t, s); after.Files["internal/other/other.go"] == "" {
		t.Error("a package is imported by now, and is no input")
	}
}

func TestGoSettingsCountAsInputs(t *testing.T) {
	s, _ := shop(t)
	first := inputs(t, s).Digest
	for what, change := range map[string]func(g *GoBuild){
		"flags": func(g *GoBuild) { g.Flags = []string{"-tags=x"} }, "ldflags": func(g *GoBuild) { g.Ldflags = []string{"-s"} },
		"env": func(g *GoBuild) { g.Env = map[string]string{"A": "1"} }, "user": func(g *GoBuild) { g.User = "1" },
		"ports": func(g *GoBuild) { g.Ports = []int{80} }, "base": func(g *GoBuild) { g.Base = "node" },
	} {
		other := *s.Go
		change(&other)
		with := s
		with.Go = &other
		if inputs(t, with).Digest == first {
			t.Errorf("another one of %s gives the same digest", what)
		}
	}
	with := s
	same := *s.Go
	same.Base = scratch
	if with.Go = &same; inputs(t, with).Digest != first {
		t.Error("scratch by name gives another digest than scratch by default")
	}
}

func TestGoTellsOfWhatIsNoProgram(t *testing.T) {
	s, root := shop(t)
	for pkg, want := range map[string]string{
		"./internal/used": "is package used, not a program",
		"./cmd/none":      "./cmd/none",
	} {
		s.Go = &GoBuild{Package: pkg}
		if _, err := s.Inputs(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", pkg, err, want)
		}
	}
	s.Go = &GoBuild{Package: "./cmd/app"}
	put(t, filepath.Join(root, "shop", "go.mod"), "module example.test/shop\n\nrequrie x\n")
	_, err := s.Inputs(t.Context(), nil)
	var failed *BuildError
	if !errors.As(err, &failed) || filepath.Base(failed.Dockerfile) != "go.mod" || failed.Line != 3 {
		t.Errorf("error %v, want one at go.mod:3", err)
	}
}
