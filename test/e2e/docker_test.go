//go:build e2e || sandbox

package e2e

import (
	"slices"
	"testing"

	"github.com/docker/docker/api/types/image"

	"github.com/devloop-dev/devloop/build"
)

// builtImages lists the ids of all images in docker, sorted: a build that makes
// something new makes this list longer.
func builtImages(t *testing.T) []string {
	t.Helper()
	docker, err := build.Connect(t.Context(), build.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	list, err := docker.ImageList(t.Context(), image.ListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, im := range list {
		ids = append(ids, im.ID)
	}
	slices.Sort(ids)
	return ids
}
