//go:build e2e || sandbox

package e2e

import (
	"maps"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/config"
)

// TestExamples brings every example up in one pass, a second time to no effect, and
// removes it.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/devloop.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d examples are found: %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			p := open(t, name)
			once := func() { // the first time it may have to fetch and compile Go packages
				if code, out := p.within(10*time.Minute, "up", "--once"); code != 0 {
					t.Fatalf("devloop up --once: exit code %d\n%s", code, out)
				}
			}
			once()
			project, err := config.Load(p.path("devloop.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, release := range project.ReleaseNames() {
				if p.revision(release) != 1 {
					t.Errorf("release %s has revision %d, want 1", release, p.revision(release))
				}
			}
			deployments, err := api(t).AppsV1().Deployments(p.namespace).List(t.Context(), metav1.ListOptions{})
			if err != nil || len(deployments.Items) == 0 {
				t.Fatalf("%d deployments: %v", len(deployments.Items), err)
			}
			for _, d := range deployments.Items {
				if d.Status.ReadyReplicas != *d.Spec.Replicas {
					t.Errorf("%s: %d of %d replicas are ready", d.Name, d.Status.ReadyReplicas, *d.Spec.Replicas)
				}
			}
			before := p.versions()
			once()
			if after := p.versions(); !maps.Equal(before, after) {
				t.Errorf("the second pass wrote: %v, were %v", after, before)
			}
			if code, out := p.run("down"); code != 0 || len(p.releases()) > 0 {
				t.Errorf("devloop down: exit code %d, %v are left\n%s", code, p.releases(), out)
			}
		})
	}
}

// TestManyReleases saves what concerns one release of eight, and what concerns all.
func TestManyReleases(t *testing.T) {
	p := open(t, "many-releases")
	p.start()
	p.live()
	p.answers("web", "/", "\n  orders v1\n    cart v1\n      store v1\n")
	first := p.releases()
	if len(first) != 8 {
		t.Fatalf("releases are %v", first)
	}

	p.edit("values/mail.yaml", func(s string) string { return s + "replicas: 2\n" })
	p.live()
	want := maps.Clone(first)
	want["mail"]++
	if now := p.releases(); !maps.Equal(now, want) {
		t.Errorf("after an edit of mail's values the revisions are %v, want %v", now, want)
	}

	p.replace("server/main.go", `version = "v1"`, `version = "v2"`)
	p.live()
	p.answers("web", "/", "\n  orders v2\n    cart v2\n      store v2\n")
	for name := range want {
		want[name]++
	}
	if now := p.releases(); !maps.Equal(now, want) {
		t.Errorf("after an edit of the program the revisions are %v, want %v", now, want)
	}
}

// releases are the newest revisions in the project's namespace, by release.
func (p *project) releases() map[string]int {
	p.t.Helper()
	list, err := api(p.t).CoreV1().Secrets(p.namespace).List(p.t.Context(), metav1.ListOptions{LabelSelector: "owner=helm"})
	if err != nil {
		p.t.Fatal(err)
	}
	all := map[string]int{}
	for _, s := range list.Items {
		if name := s.Labels["name"]; all[name] == 0 {
			all[name] = p.revision(name)
		}
	}
	return all
}
