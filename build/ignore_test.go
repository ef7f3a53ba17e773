package build

import (
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

func TestIgnoreRulesDecideTheInputs(t *testing.T) {
	tree := []string{"Dockerfile", "main.go", "README.md", "docs/a.md", "docs/b.txt", "vendor/x/x.go", "vendor/x/keep.go", "web/node_modules/m/i.js", "web/app.js"}
	all := append([]string{".dockerignore"}, tree...)
	slices.Sort(all)
	without := func(gone ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(gone, s) })
	}
	tests := map[string]struct {
		ignore string
		want   []string
	}{
		"empty file":                 {"", all},
		"a file":                     {"main.go", without("main.go")},
		"leading slash":              {"/main.go", without("main.go")},
		"only at the top":            {"*.md", without("README.md")},
		"at any depth":               {"**/*.md", without("README.md", "docs/a.md")},
		"a folder":                   {"vendor", without("vendor/x/x.go", "vendor/x/keep.go")},
		"a folder's end slash":       {"docs/", without("docs/a.md", "docs/b.txt")},
		"a folder at any depth":      {"**/node_modules", without("web/node_modules/m/i.js")},
		"comment, blanks, CRLF, BOM": {"\ufeff# main.go\r\n\r\n  README.md  \r\n", without("README.md")},
		"a file taken in again":      {"vendor\n!vendor/x/keep.go", without("vendor/x/x.go")},
		"by a wildcard folder":       {"vendor\n!vendor/*/keep.go", without("vendor/x/x.go")},
		"at any depth again":         {"vendor\n!**/keep.go", without("vendor/x/x.go")},
		"the last line wins":         {"!vendor/x/keep.go\nvendor", without("vendor/x/x.go", "vendor/x/keep.go")},
		"all but one folder":         {"*\n!docs", []string{".dockerignore", "Dockerfile", "docs/a.md", "docs/b.txt"}},
		"all but part of a folder":   {"**\n!docs\ndocs/*.txt", []string{".dockerignore", "Dockerfile", "docs/a.md"}},
		"single character":           {"docs/?.md", without("docs/a.md")},
		"the Dockerfile stays":       {"Dockerfile\n.dockerignore", all},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{".dockerignore": tt.ignore}
			for _, f := range tree {
				files[f] = "FROM scratch\n"
			}
			in := inputs(t, Spec{Name: "app", Context: folder(t, files)})
			if got := names(in.Files); !slices.Equal(got, tt.want) {
				t.Errorf("inputs\n  %v, want\n  %v", got, tt.want)
			}
		})
	}
}

func TestTheDockerfilesOwnIgnoreFileComesFirst(t *testing.T) {
	root := folder(t, map[string]string{
		"docker/app.Dockerfile":              "FROM scratch\n",
		"docker/app.Dockerfile.dockerignore": "b\ndocker\n",
		".dockerignore":                      "a\n",
		"a":                                  "a", "b": "b",
	})
	in := inputs(t, Spec{Name: "app", Context: root, Dockerfile: filepath.Join(root, "docker", "app.Dockerfile")})
	want := []string{".dockerignore", "a", "docker/app.Dockerfile", "docker/app.Dockerfile.dockerignore"}
	if got := names(in.Files); !slices.Equal(got, want) {
		t.Errorf("inputs %v, want %v", got, want)
	}
}

func TestAFolderIsSkippedOnlyWhenNothingBelowCanComeBack(t *testing.T) {
	tests := []struct {
		ignore, dir string
		skip        bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a\n!b", "a", true},
		{"a\n!a/b", "a", false},
		{"a\n!a/b", "a/c", true},
		{"a\n!a/b/c", "a/b", false},
		{"a\n!*/b", "a", false},
		{"a\n!**/b", "a/x/y", false},
		{"!a/b\na", "a", true},
		{"*\n!src\nsrc/node_modules", "src", false},
		{"*\n!src\nsrc/node_modules", "src/node_modules", true},
		{"*\n!src", "other", true},
		{"docker", "docker", false}, // the Dockerfile lies there
	}
	for _, tt := range tests {
		root := folder(t, map[string]string{".dockerignore": tt.ignore, "docker/Dockerfile": "FROM scratch\n"})
		skip, err := Spec{Name: "app", Context: root, Dockerfile: filepath.Join(root, "docker", "Dockerfile")}.Ignore()
		if err != nil {
			t.Fatal(err)
		}
		if got := skip(tt.dir, true); got != tt.skip {
			t.Errorf("with %q, folder %s skipped: %v, want %v", tt.ignore, tt.dir, got, tt.skip)
		}
	}
}

// The rules are read line by line here; moby's matcher over the whole list is
// the truth they must agree with, on files and on what lies below a folder.
func TestRulesAgreeWithMobysMatcher(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	part := []string{"a", "b", "c", "*", "?", "**", "a*", "[ab]"}
	pattern := func() string {
		var folders []string
		for range 1 + rnd.IntN(3) {
			folders = append(folders, part[rnd.IntN(len(part))])
		}
		p := strings.Join(folders, "/")
		if rnd.IntN(3) == 0 {
			p = "!" + p
		}
		return p
	}
	var paths []string
	for _, x := range []string{"a", "b", "c", "ab"} {
		for _, y := range []string{"a", "b", "c"} {
			paths = append(paths, x, x+"/"+y, x+"/"+y+"/a", x+"/"+y+"/c")
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for range 3000 {
		var lines []string
		for range 1 + rnd.IntN(5) {
			lines = append(lines, pattern())
		}
		text := strings.Join(lines, "\n")
		list, err := parseRules("f", text)
		if err != nil {
			t.Fatal(err)
		}
		r := &rules{lines: list}
		patterns, err := ignorefile.ReadAll(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		moby, err := patternmatcher.New(patterns)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			want, err := moby.MatchesOrParentMatches(p)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.skip(p, false); got != want {
				t.Fatalf("%q: %s ignored: %v, want %v", lines, p, got, want)
			}
			for i := range p {
				if dir := p[:i]; p[i] == '/' && !want && r.skip(dir, true) {
					t.Fatalf("%q: folder %s is skipped though %s is not ignored", lines, dir, p)
				}
			}
		}
	}
}

func TestBadIgnoreLineIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"ok\n\n[a-":    ":3: pattern \"[a-\": syntax error in pattern",
		"# x\n!\nmore": ":2: a lone ! names no file",
	} {
		root := folder(t, map[string]string{"Dockerfile": "FROM scratch\n", ".dockerignore": text})
		_, err := Spec{Name: "app", Context: root}.Ignore()
		if err == nil || !strings.Contains(err.Error(), filepath.Join(root, ".dockerignore")+want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func TestRulesAreThereBeforeTheDockerfileIs(t *testing.T) {
	skip, err := Spec{Name: "app", Context: folder(t, map[string]string{".dockerignore": "out"})}.Ignore()
	if err != nil {
		t.Fatal(err)
	}
	if !skip("out", true) || skip("Dockerfile", false) {
		t.Error("the rules are not in force")
	}
}

func TestEveryFileOfAWalkIsInputOrSkipped(t *testing.T) {
	root := folder(t, map[string]string{
		"Dockerfile": "FROM scratch\n", ".dockerignore": "out\n!out/bin\n", "out/log": "x", "out/bin/app": "x", "src/m.go": "x",
	})
	s := Spec{Name: "app", Context: root}
	skip, err := s.Ignore()
	if err != nil {
		t.Fatal(err)
	}
	in := inputs(t, s)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if _, ok := in.Files[rel]; ok == skip(rel, false) {
			t.Errorf("%s: input %v, skipped %v", rel, ok, skip(rel, false))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
