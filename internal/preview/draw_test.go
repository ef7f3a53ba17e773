package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
)

// fakeCluster answers with what it holds, by release.
type fakeCluster struct {
	diffs    map[string]*deploy.Diff
	deployed map[string]string

	mu    sync.Mutex
	asked map[string]map[string]string // release -> image value -> reference, as Diff was asked
}

func (f *fakeCluster) Diff(_ context.Context, rel deploy.Release) (*deploy.Diff, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[rel.Name] = rel.Images
	if d := f.diffs[rel.Name]; d != nil {
		return d, nil
	}
	return nil, errors.New("render release " + rel.Name + ": /p/chart/templates/x.yaml:3: no such function")
}

func (f *fakeCluster) DeployedImages(context.Context, deploy.Release) (map[string]string, error) {
	return f.deployed, nil
}

func object(kind, name, template string) deploy.Object {
	return deploy.Object{APIVersion: "v1", Kind: kind, Namespace: "ns", Name: name, Template: template}
}

// shop is a project whose release shop is upgraded in every way there is.
func shop(t *testing.T) (Sources, *fakeCluster) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"app/Dockerfile": "FROM scratch\nCOPY f /\n", "app/f": "1", "web/Dockerfile": "FROM scratch\n"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	c := &fakeCluster{asked: map[string]map[string]string{}, deployed: map[string]string{"web": "web:dl-old"}, diffs: map[string]*deploy.Diff{"shop": {
		Action: deploy.Upgraded, Revision: 4, Same: 7,
		Reasons: []deploy.Reason{{Text: "value app.replicas", File: filepath.Join(dir, "values.yaml"), Line: 3}, {Text: "image value app is now app:1"}},
		Objects: []deploy.ObjectDiff{
			{Object: object("Deployment", "app", "templates/app.yaml"), Change: deploy.Update,
				Before: map[string]any{"spec": map[string]any{"replicas": 1, "paused": true}}, After: map[string]any{"spec": map[string]any{"replicas": 3}},
				Drift: []deploy.FieldDrift{{Path: "spec.paused", By: "kubectl-edit"}}},
			{Object: object("ConfigMap", "new", "templates/new.yaml"), Change: deploy.Create, Edited: true, After: map[string]any{"kind": "ConfigMap"}},
			{Object: object("Job", "bad", "templates/job.yaml"), Change: deploy.Update, Problem: "spec.selector: field is immutable"},
			{Object: object("Service", "old", "templates/old.yaml"), Change: deploy.Delete, Before: map[string]any{"kind": "Service"}},
			{Object: object("Route", "r", "templates/r.yaml"), Change: deploy.Drifted, Before: map[string]any{"w": 1}, After: map[string]any{"w": 2},
				Drift: []deploy.FieldDrift{{Path: "w"}}},
			{Object: object("Secret", "kept", "templates/kept.yaml"), Change: deploy.Keep},
		},
		Hooks: []deploy.Hook{{Object: object("Job", "migrate", "templates/migrate.yaml"), Events: []string{"pre-upgrade"}}},
	}}}
	p := &config.Project{Name: "shop", Dir: dir,
		Images: map[string]config.Image{
			"app": {Context: filepath.Join(dir, "app"), Dockerfile: filepath.Join(dir, "app/Dockerfile")},
			"web": {Context: filepath.Join(dir, "web"), Dockerfile: filepath.Join(dir, "web/Dockerfile"), Prebuild: []string{"make", "bin"}},
		},
		Releases: map[string]config.Release{
			"shop":   {Chart: filepath.Join(dir, "chart"), Namespace: "ns", Images: map[string]string{"app": "app", "web": "web", "extra": "web"}},
			"broken": {Chart: filepath.Join(dir, "chart")},
		}}
	return Sources{Project: p, Namespace: "default", Context: "test", Hasher: digest.New(), Cluster: c,
		Built: func(context.Context, string) (bool, error) { return false, nil }}, c
}

func draw(t *testing.T, p *Plan, profile termenv.Profile) string {
	t.Helper()
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	var out bytes.Buffer
	if err := p.Draw(&out, Options{Renderer: r}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDraw(t *testing.T) {
	s, _ := shop(t)
	p, err := Make(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	ref := p.Images[0].Ref
	if !strings.HasPrefix(ref, "app:dl-") {
		t.Fatalf("reference of app is %q", ref)
	}
	want := `images
  + app  ` + ref + ` would be built
  ? web  known after prebuild: make bin

release broken in namespace default  no plan
  render release broken: /p/chart/templates/x.yaml:3: no such function

release shop in namespace ns  upgrade revision 4 -> 5
  because values.yaml:3 value app.replicas
          image value app is now app:1
  note compared with the deployed reference of web: the new one is not known yet
  note known-after-prebuild stands for the tag of web

  ~ Deployment/app  chart/templates/app.yaml
      spec:
    -   paused: true  # drift: by kubectl-edit
    -   replicas: 1
    +   replicas: 3

  + ConfigMap/new  chart/templates/new.yaml
    + kind: ConfigMap

  ~ Job/bad  chart/templates/job.yaml
      ✗ spec.selector: field is immutable

  - Service/old  chart/templates/old.yaml renders it no more

  ≠ Route/r  chart/templates/r.yaml
    - w: 1  # drift
    + w: 2

  = Secret/kept  no longer in the chart; kept, as its annotation helm.sh/resource-policy says

  hooks that would run
  pre-upgrade Job/migrate  chart/templates/migrate.yaml

  7 objects stay as they are

would build 1 image; upgrade shop (create 1, change 2, delete 1); drift in shop (2 objects); not known yet: web
the plan has failures, see ✗ and "no plan" above
`
	if d := cmp.Diff(want, draw(t, p, termenv.Ascii)); d != "" {
		t.Errorf("drawn (-want +got):\n%s", d)
	}
	if coloured := draw(t, p, termenv.ANSI); !strings.Contains(coloured, "\x1b[32m+   replicas: 3\x1b[0m") || !strings.Contains(coloured, "\x1b[31m-   replicas: 1\x1b[0m") {
		t.Errorf("the lines of a change have no colours:\n%q", coloured)
	}
}

func TestAnUnknownTagIsTheDeployedOneOfTheSameImage(t *testing.T) {
	s, c := shop(t)
	p, err := Make(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"app": p.Images[0].Ref, "web": "web:dl-old", "extra": "web:known-after-prebuild"}
	if d := cmp.Diff(want, c.asked["shop"]); d != "" {
		t.Errorf("references (-want +got):\n%s", d)
	}
}

func TestNothingToDo(t *testing.T) {
	s, c := shop(t)
	s.Built = func(context.Context, string) (bool, error) { return true, nil }
	delete(s.Project.Releases, "broken")
	c.diffs["shop"] = &deploy.Diff{Action: deploy.Unchanged, Revision: 4, Same: 9}
	p, err := Make(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if p.Changes || p.Failed {
		t.Errorf("changes %v, failed %v", p.Changes, p.Failed)
	}
	if text := draw(t, p, termenv.Ascii); !strings.Contains(text, "nothing to do: the cluster is as the files say") {
		t.Errorf("drawn:\n%s", text)
	}
	p.Failed = true
	if text := draw(t, p, termenv.Ascii); strings.Contains(text, "as the files say") {
		t.Errorf("of a plan with failures:\n%s", text)
	}
	c.diffs["shop"].Objects = []deploy.ObjectDiff{{Object: object("Thing", "one", ""), Change: deploy.Keep}}
	if p, err = Make(t.Context(), s); err != nil || p.Changes {
		t.Errorf("what is kept is a change: %v, %v", p.Changes, err)
	}
	c.diffs["shop"].Objects[0] = deploy.ObjectDiff{Object: object("Thing", "one", ""), Change: deploy.Drifted, Drift: []deploy.FieldDrift{{Path: "spec"}}}
	if p, err = Make(t.Context(), s); err != nil || !p.Changes {
		t.Errorf("drift is no change: %v, %v", p.Changes, err)
	}
	if text := draw(t, p, termenv.Ascii); !strings.Contains(text, "drift from revision 4") || !strings.Contains(text, "\ndrift in shop (1 object); not known yet") {
		t.Errorf("drawn:\n%s", text)
	}
}

func TestJSON(t *testing.T) {
	s, _ := shop(t)
	p, err := Make(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Changes, Failed bool
		Releases        []struct {
			Name, Action, Error string
			Objects             []map[string]any
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if !got.Changes || !got.Failed || got.Releases[0].Error == "" || got.Releases[1].Action != "upgrade" {
		t.Errorf("plan %s", data)
	}
	want := map[string]any{"change": "update", "apiVersion": "v1", "kind": "Deployment", "namespace": "ns", "name": "app", "template": "chart/templates/app.yaml",
		"drift": []any{map[string]any{"path": "spec.paused", "by": "kubectl-edit"}},
		"diff":  []any{"  spec:", "-   paused: true", "-   replicas: 1", "+   replicas: 3"}}
	if d := cmp.Diff(want, got.Releases[1].Objects[0]); d != "" {
		t.Errorf("object (-want +got):\n%s", d)
	}
}
