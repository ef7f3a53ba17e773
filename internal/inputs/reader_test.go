package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/plan"
)

const text = `apiVersion: devloop/v1
project: shop
images:
  app: {context: app}
  model: {context: model, dockerfile: ../docker/model.Dockerfile}
  made: {context: made, prebuild: [make]}
releases:
  shop:
    chart: charts/shop
    values: [values/local.yaml, ../outside.yaml]
    setFile: {conf: conf/app.ini}
    images: {image: app}
  base: {chart: charts/base}
`

// shop is a project on disk.
func shop(t testing.TB) *config.Project {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	for name, text := range map[string]string{
		"app/Dockerfile": "FROM scratch\n", "app/.dockerignore": "*.log\nout\n!out/keep\n", "app/main.go": "m", "app/x.log": "x", "app/out/keep/a": "a", "app/out/b": "b",
		"docker/model.Dockerfile": "FROM scratch\n", "docker/model.Dockerfile.dockerignore": "*.md\n", "model/main.go": "m", "model/README.md": "r",
		"made/Dockerfile": "FROM scratch\n", "made/main.go": "m", "made/.git/HEAD": "h",
		"charts/shop/Chart.yaml": "name: shop\n", "charts/shop/templates/a.yaml": "a", "charts/base/Chart.yaml": "name: base\n", "shared/dash.json": "{}",
		"values/local.yaml": "a: 1\n", "conf/app.ini": "[a]\n", "../outside.yaml": "b: 1\n",
	} {
		save(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	if err := os.Symlink("../../shared", filepath.Join(dir, "charts", "shop", "files")); err != nil {
		t.Fatal(err)
	}
	return parse(t, filepath.Join(dir, config.DefaultFile), text)
}

func parse(t testing.TB, file, text string) *config.Project {
	t.Helper()
	p, err := config.Parse(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func save(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func look(t testing.TB, r *Reader, p *config.Project, c Change) Seen {
	t.Helper()
	s, err := r.Look(t.Context(), p, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func reader() *Reader {
	return New(digest.New(), func(rel string, _ bool) bool { return rel == ".git" })
}

// trees are the inputs of all targets, for comparison.
func trees(s Seen) map[string]map[string]string {
	all := map[string]map[string]string{}
	for name, im := range s.State.Images {
		all["image "+name] = im.Inputs.Map()
	}
	for name, r := range s.State.Releases {
		all["release "+name] = r.Inputs.Map()
	}
	for name, c := range s.Contexts {
		all["context "+name] = c.Map()
	}
	return all
}

// TestEachChangeConcernsItsTargets makes one change after the other and checks
// that the plan has exactly the targets it belongs to, that a look at the changed
// path finds what a look at everything finds, and that it reads no more than that.
func TestEachChangeConcernsItsTargets(t *testing.T) {
	tests := map[string]struct {
		edit func(t *testing.T, dir string) string // the path that changed
		want []string
	}{
		"nothing":        {func(t *testing.T, dir string) string { return filepath.Join(dir, "app/main.go") }, nil},
		"a source":       {edit("app/main.go"), []string{"app"}},
		"ignored":        {edit("app/x.log"), nil},
		"taken in again": {edit("app/out/keep/a"), []string{"app"}},
		"in an ignored folder": {func(t *testing.T, dir string) string {
			save(t, filepath.Join(dir, "app/out/new/c"), "c")
			return filepath.Join(dir, "app/out/new")
		}, nil},
		"the ignore file":          {edit("app/.dockerignore"), []string{"app"}},
		"a Dockerfile":             {edit("app/Dockerfile"), []string{"app"}},
		"a Dockerfile outside":     {edit("docker/model.Dockerfile"), []string{"model"}},
		"an ignore file outside":   {edit("docker/model.Dockerfile.dockerignore"), []string{"model"}},
		"the folder of Dockerfile": {edited("docker/model.Dockerfile", "docker"), []string{"model"}},
		"a source of prebuild":     {edit("made/main.go"), []string{"made"}},
		"version control":          {edit("made/.git/HEAD"), nil},
		"a template":               {edit("charts/shop/templates/a.yaml"), []string{"shop"}},
		"a new template":           {edit("charts/base/templates/new.yaml"), []string{"base"}},
		"behind a link":            {edited("shared/dash.json", "charts/shop/files/dash.json"), []string{"shop"}},
		"values":                   {edit("values/local.yaml"), []string{"shop"}},
		"values outside":           {edit("../outside.yaml"), []string{"shop"}},
		"a set file":               {edit("conf/app.ini"), []string{"shop"}},
		"a folder is gone": {func(t *testing.T, dir string) string {
			if err := os.RemoveAll(filepath.Join(dir, "app/out")); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "app/out")
		}, []string{"app"}},
		"a folder became a file": {func(t *testing.T, dir string) string {
			if err := os.RemoveAll(filepath.Join(dir, "app/out")); err != nil {
				t.Fatal(err)
			}
			save(t, filepath.Join(dir, "app/out"), "")
			return filepath.Join(dir, "app/out")
		}, []string{"app"}},
		"a chart is gone": {func(t *testing.T, dir string) string {
			if err := os.RemoveAll(filepath.Join(dir, "charts/base")); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "charts/base")
		}, []string{"base"}},
		"a path of nobody": {edited("app/main.go", "README.md"), []string{"app"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, r := shop(t), reader()
			before := look(t, r, p, Change{All: true})
			path := tt.edit(t, p.Dir)
			after := look(t, r, p, Change{Paths: []string{path}})
			got := map[string]bool{}
			for _, a := range plan.Make(before.State, after.State) {
				got[a.Target] = true
			}
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, tt.want) {
				t.Errorf("planned for %v, want %v", names, tt.want)
			}
			if diff := cmp.Diff(trees(look(t, reader(), p, Change{All: true})), trees(after)); diff != "" {
				t.Errorf("a look at everything finds something else (-all +changed):\n%s", diff)
			}
		})
	}
}

func edit(name string) func(*testing.T, string) string { return edited(name, name) }

// edited saves a file and tells another path.
func edited(name, told string) func(*testing.T, string) string {
	return func(t *testing.T, dir string) string {
		save(t, filepath.Join(dir, filepath.FromSlash(name)), "# edited\n")
		return filepath.Join(dir, filepath.FromSlash(told))
	}
}

func TestALookReadsNoMoreThanWhatChanged(t *testing.T) {
	p, r := shop(t), reader()
	look(t, r, p, Change{All: true})
	reads := r.hasher.Reads()
	save(t, filepath.Join(p.Dir, "values/local.yaml"), "a: 2\n")
	look(t, r, p, Change{Paths: []string{filepath.Join(p.Dir, "values/local.yaml")}})
	// The files are too young to be remembered, so what is looked at is read: the
	// values of the release, not its chart, and nothing of the images.
	if got := r.hasher.Reads() - reads; got != 3 {
		t.Errorf("%d files read, want the release's 3 files of values", got)
	}
	reads = r.hasher.Reads()
	look(t, r, p, Change{})
	if got := r.hasher.Reads() - reads; got != 0 {
		t.Errorf("%d files read without a change", got)
	}
}

func TestSettingsOfDevloopYAML(t *testing.T) {
	p, r := shop(t), reader()
	before := look(t, r, p, Change{All: true})
	tests := map[string]struct {
		text string
		want string
	}{
		"a comment": {text + "# soon\n", ""},
		"a set":     {strings.Replace(text, "{chart: charts/base}", "{chart: charts/base, set: {a: 1}}", 1), "upgrade base"},
		"an arg":    {strings.Replace(text, "{context: app}", "{context: app, args: {A: b}}", 1), "rebuild app"},
		"drift":     {text + "drift: warn\n", "reload "},
	}
	for name, tt := range tests {
		changed := parse(t, p.File, tt.text)
		after := look(t, r, changed, Change{Paths: []string{p.File}})
		var got []string
		for _, a := range plan.Make(before.State, after.State) {
			got = append(got, fmt.Sprintf("%s %s", a.Do, a.Target))
		}
		if strings.Join(got, ",") != tt.want {
			t.Errorf("%s: planned %q, want %q", name, got, tt.want)
		}
	}
}

func TestWhatCannotBeReadIsToldAndComesBack(t *testing.T) {
	p, r := shop(t), reader()
	good := look(t, r, p, Change{All: true})
	path := filepath.Join(p.Dir, "values", "local.yaml")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	bad := look(t, r, p, Change{Paths: []string{path}})
	if err := bad.Releases["shop"]; err == nil || !strings.Contains(err.Error(), "there is no "+path+": make it, or correct releases.shop in devloop.yaml") || bad.State.Releases["shop"].Unreadable == "" {
		t.Errorf("error %v, want one that names %s", err, path)
	}
	// By it the loop looks again at what an editor is about to write anew.
	var at *fs.PathError
	if !errors.As(bad.Releases["shop"], &at) || at.Path != path {
		t.Errorf("the error does not tell which file is missing: %v", at)
	}
	if len(bad.Releases) != 1 || len(bad.Images) != 0 {
		t.Errorf("errors of others: %v, %v", bad.Releases, bad.Images)
	}
	save(t, path, "a: 1\n")
	again := look(t, r, p, Change{Paths: []string{path}})
	if diff := cmp.Diff(trees(good), trees(again)); diff != "" || len(again.Releases) > 0 {
		t.Errorf("after it came back (-before +after), %v:\n%s", again.Releases, diff)
	}
}
