//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"
)

// TestSaves edits the smallest project in every way that matters and looks at
// what each save did to the cluster.
func TestSaves(t *testing.T) {
	p := open(t, "hello")
	p.start()
	p.live()
	p.answers("hello", "/", "Hello, world!")
	first := p.image("hello")

	t.Run("a value upgrades without a build", func(t *testing.T) {
		p.t = t
		images, pods := builtImages(t), p.pods("")
		p.replace("chart/values.yaml", "replicas: 1", "replicas: 2")
		p.live()
		d := p.deployment("hello")
		if d.Status.ReadyReplicas != 2 || d.Spec.Template.Spec.Containers[0].Image != first {
			t.Errorf("%d ready of image %s, want 2 of %s", d.Status.ReadyReplicas, d.Spec.Template.Spec.Containers[0].Image, first)
		}
		if now := builtImages(t); !slices.Equal(images, now) {
			t.Errorf("docker has %d images, had %d: something was built", len(now), len(images))
		}
		if now := p.pods(""); len(now) != 2 || !slices.Contains(now, pods[0]) {
			t.Errorf("pods %v, want the old one %v and one more", now, pods)
		}
		if got := p.revision("hello"); got != 2 {
			t.Errorf("revision %d, want 2", got)
		}
	})

	t.Run("a touched file does nothing", func(t *testing.T) {
		p.t = t
		before := p.versions()
		for _, name := range []string{"server/main.go", "chart/values.yaml", "chart/templates/deployment.yaml", "devloop.yaml"} {
			now := time.Now()
			if err := os.Chtimes(p.path(name), now, now); err != nil {
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(p.path("server/main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.path("server/main.go"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		p.live()
		if after := p.versions(); !maps.Equal(before, after) {
			t.Errorf("objects were written: %v, were %v", after, before)
		}
	})

	t.Run("a comment in Go gives the same binary and restarts nothing", func(t *testing.T) {
		p.t = t
		before, pods := p.versions(), p.pods("")
		p.replace("server/main.go", "// greeting is the line to edit first.", "// greeting is the line to edit first!")
		p.live()
		if after := p.versions(); !maps.Equal(before, after) || !slices.Equal(pods, p.pods("")) {
			t.Errorf("objects were written: %v, were %v", after, before)
		}
	})

	t.Run("a line of Go gives a new tag and new pods", func(t *testing.T) {
		p.t = t
		pods := p.pods("")
		p.replace("server/main.go", `greeting = "Hello"`, `greeting = "Good morning"`)
		p.live()
		p.answers("hello", "/", "Good morning, world!")
		if now := p.image("hello"); now == first {
			t.Errorf("image is still %s", now)
		}
		for _, uid := range p.pods("") {
			if slices.Contains(pods, uid) {
				t.Errorf("pod %s was not replaced", uid)
			}
		}
	})

	t.Run("the edit undone gives the old tag without a build", func(t *testing.T) {
		p.t = t
		images := builtImages(t)
		p.replace("server/main.go", `greeting = "Good morning"`, `greeting = "Hello"`)
		p.live()
		p.answers("hello", "/", "Hello, world!")
		if now := p.image("hello"); now != first {
			t.Errorf("image %s, want %s again", now, first)
		}
		if now := builtImages(t); !slices.Equal(images, now) {
			t.Errorf("docker has %d images, had %d: something was built", len(now), len(images))
		}
	})

	t.Run("a template upgrades", func(t *testing.T) {
		p.t = t
		p.replace("chart/templates/service.yaml", "  labels:\n", "  labels:\n    edited: \"yes\"\n")
		p.live()
		eventually(t, "label of the service", func() error {
			svc := p.service("hello")
			if svc.Labels["edited"] != "yes" {
				return fmt.Errorf("labels are %v", svc.Labels)
			}
			return nil
		})
	})

	t.Run("saves in quick succession end with the last", func(t *testing.T) {
		p.t = t
		for i := range 5 {
			p.edit("chart/values.yaml", func(s string) string { return replaceLine(s, "name: ", fmt.Sprintf("name: visitor-%d", i)) })
			p.edit("server/main.go", func(s string) string {
				return replaceLine(s, "const greeting = ", fmt.Sprintf("const greeting = \"Hi%d\"", i))
			})
		}
		p.live()
		p.answers("hello", "/", "Hi4, visitor-4!")
	})
}

// TestOnlyPodsOfTheEditedImageRestart works on the two services of sms-checker.
func TestOnlyPodsOfTheEditedImageRestart(t *testing.T) {
	p := open(t, "sms-checker")
	p.start()
	p.live()
	p.answers("sms-checker-app", "/", "<html")
	const apps, models = "app.kubernetes.io/component=app", "app.kubernetes.io/component=model"
	app, model := p.pods(apps), p.pods(models)
	if len(app) == 0 || len(model) == 0 {
		t.Fatalf("pods of app %v, of model %v: the labels of the chart changed", app, model)
	}

	p.replace("app/internal/web/page.go", `return "a link"`, `return "a link to somewhere"`)
	p.live()
	if now := p.pods(models); !slices.Equal(now, model) {
		t.Errorf("pods of the model %v, want the same as before: %v", now, model)
	}
	for _, uid := range p.pods(apps) {
		if slices.Contains(app, uid) {
			t.Errorf("pod %s of the app was not replaced", uid)
		}
	}

	images := builtImages(t)
	app = p.pods(apps)
	p.replace("values/local.yaml", "model:\n  replicas: 1", "model:\n  replicas: 2")
	p.live()
	if now := p.pods(models); len(now) != len(model)+1 {
		t.Errorf("pods of the model: %d, want one more than %d", len(now), len(model))
	}
	if now := p.pods(apps); !slices.Equal(now, app) {
		t.Errorf("pods of the app %v, want %v untouched", now, app)
	}
	if now := builtImages(t); !slices.Equal(images, now) {
		t.Errorf("a values edit built something: %d images, were %d", len(now), len(images))
	}
}
