//go:build e2e || sandbox

package e2e

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestAGoProgramWithoutADockerfile runs the smallest project's server from its
// sources alone.
func TestAGoProgramWithoutADockerfile(t *testing.T) {
	p := open(t, "hello")
	for _, name := range []string{"server/Dockerfile", "server/Makefile"} {
		if err := os.Remove(p.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	p.replace("devloop.yaml", "{context: server, prebuild: [make, bin]}", "{context: server, go: .}")
	p.start()
	p.live()
	p.answers("hello", "/", "Hello, world!")
	first := p.image("hello")

	before, pods := p.versions(), p.pods("")
	p.replace("server/main.go", "// greeting is the line to edit first.", "// greeting is the line to edit first!")
	p.live()
	p.edit("server/main_test.go", func(s string) string { return s + "\n// A remark.\n" })
	p.live()
	if after := p.versions(); !maps.Equal(before, after) || !slices.Equal(pods, p.pods("")) {
		t.Errorf("the program is the same, and objects were written: %v, were %v", after, before)
	}

	p.replace("server/main.go", `greeting = "Hello"`, `greeting = Hello`)
	p.failed("server/main.go:", "undefined: Hello")
	p.replace("server/main.go", `greeting = Hello`, `greeting = "Good morning"`)
	p.live()
	p.answers("hello", "/", "Good morning, world!")
	if now := p.image("hello"); now == first {
		t.Errorf("image is still %s", now)
	}
}

// TestACustomCommandMakesTheImage has a command of the project's own call docker.
func TestACustomCommandMakesTheImage(t *testing.T) {
	p := open(t, "hello")
	script := "#!/bin/sh\nset -e\nout=$(mktemp -d)\ntrap 'rm -r $out' EXIT\n" +
		"CGO_ENABLED=0 go build -trimpath -ldflags=-buildid= -o $out/bin/server .\ncp Dockerfile $out\n" +
		"docker build -q -t \"$IMAGE\" $out\n# of " + p.namespace + "\n"
	for name, text := range map[string]string{"server/image.sh": script, "server/.dockerignore": "bin\n*.sh\n"} {
		if err := os.WriteFile(p.path(name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.replace("devloop.yaml", "prebuild: [make, bin]", "custom: [./image.sh]")
	p.start()
	p.live()
	p.answers("hello", "/", "Hello, world!")

	p.replace("server/image.sh", `docker build -q -t "$IMAGE" $out`, "true")
	p.failed("docker has no image hello:dl-", "IMAGE")
	p.replace("server/image.sh", "\ntrue\n", "\necho out of luck; exit 3\n")
	p.failed("image.sh", "exit code 3", "out of luck")
	p.edit("server/image.sh", func(string) string { return script })
	p.live()
	p.answers("hello", "/", "Hello, world!")
	if image := p.image("hello"); !strings.HasPrefix(filepath.Base(image), "hello:dl-") {
		t.Errorf("image %s", image)
	}
}

// TestOldImagesAreRemovedWhileNothingIsToBeDone saves more versions than are kept.
func TestOldImagesAreRemovedWhileNothingIsToBeDone(t *testing.T) {
	p := open(t, "hello")
	// Content of this run alone: what an earlier one built bears another label.
	p.edit("server/main.go", func(s string) string {
		return strings.Replace(s, `greeting = "Hello"`, `greeting = "0 of `+p.namespace+`"`, 1)
	})
	p.replace("devloop.yaml", "{context: server, prebuild: [make, bin]}", "{context: server, go: .}\nkeep: {images: 1}")
	p.edit("chart/templates/deployment.yaml", func(s string) string {
		return strings.Replace(s, "\nspec:\n", "\nspec:\n  revisionHistoryLimit: 0\n", 1)
	})
	p.start()
	p.live()
	images := []string{p.image("hello")}
	for n := 1; n < 3; n++ {
		p.edit("server/main.go", func(s string) string {
			return strings.Replace(s, `"`+strconv.Itoa(n-1)+" of", `"`+strconv.Itoa(n)+" of", 1)
		})
		p.live()
		images = append(images, p.image("hello"))
	}
	eventually(t, "the two old images are removed", func() error {
		for i, image := range images {
			if has := exec.CommandContext(t.Context(), "docker", "image", "inspect", image).Run() == nil; has != (i == 2) {
				return fmt.Errorf("docker has %s: %v (of %v)", image, has, images)
			}
		}
		return nil
	})
	eventually(t, "it is said", func() error {
		if !strings.Contains(p.out.String(), "removed 2 old images of hello (") {
			return errors.New("nothing is said")
		}
		return nil
	})
	p.answers("hello", "/", "2 of "+p.namespace+", world!")
}
