//go:build e2e || sandbox

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"

	"github.com/devloop-dev/devloop/build"
)

// TestAnotherBaseInDockerIsBuiltOn gives the name of a base to another image, as a
// pull does, while nothing is saved.
func TestAnotherBaseInDockerIsBuiltOn(t *testing.T) {
	docker, err := build.Connect(t.Context(), build.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docker.Close() })
	p := open(t, "hello")
	base := "devloop-e2e/base:" + p.namespace
	t.Cleanup(func() { docker.ImageRemove(context.Background(), base, image.RemoveOptions{Force: true}) })
	arrives := func(text string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY text /text\n")
		write(t, filepath.Join(dir, "text"), text+p.namespace)
		s := build.Spec{Name: "devloop-e2e/base", Context: dir}
		in, err := s.Inputs(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		img, err := build.NewDocker(docker).Build(t.Context(), s, in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := docker.ImageTag(t.Context(), img.Ref, base); err != nil {
			t.Fatal(err)
		}
		if _, err := docker.ImageRemove(t.Context(), img.Ref, image.RemoveOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	arrives("one")
	p.edit("server/Dockerfile", func(s string) string { return strings.Replace(s, "FROM scratch", "FROM "+base, 1) })
	p.start()
	p.live()
	first := p.image("hello")
	arrives("two")
	eventually(t, "the image on the new base", func() error {
		if p.image("hello") == first {
			return fmt.Errorf("it is still %s", first)
		}
		return nil
	})
	p.live()
	p.answers("hello", "/", "Hello, world!")
}
