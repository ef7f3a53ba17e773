package loop

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/event"
)

// stacked is a rig whose image model is built on the image app.
func stacked(t *testing.T) *rig {
	r := newRig(t)
	r.write("model/Dockerfile", "# the model\nFROM app\n")
	return r
}

func TestImagesAreBuiltOnOthersOfTheProject(t *testing.T) {
	r := stacked(t)
	r.start()
	r.verdict(event.Live)
	r.docker.mu.Lock()
	if got := r.docker.built; !slices.Equal(got, []string{"app", "model"}) {
		t.Errorf("built %v, want app first", got)
	}
	r.docker.mu.Unlock()
	r.want(everything)

	before := r.settled().Images
	r.save("app/main.go", "package main // 2\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app, build model")
	if after := r.settled().Images; after["model"] == before["model"] {
		t.Errorf("model is %s still, on another app", after["model"])
	}
	r.save("model/main.go", "package main // 2\n")
	r.verdict(event.Live)
	r.want("apply shop, build model")
	r.save("app/main.go", "package main\n")
	r.save("model/main.go", "package main\n")
	r.verdict(event.Live)
	if after := r.settled().Images; after["model"] != before["model"] {
		t.Errorf("model is %s, was %s of the same content", after["model"], before["model"])
	}
	r.work()
	r.save("model/Dockerfile", "FROM scratch\n") // the tie is cut
	r.verdict(event.Live)
	r.want("apply shop, build model")
	r.save("app/main.go", "package main // 3\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app")
}

func TestAnImageWaitsForTheOneItIsBuiltOn(t *testing.T) {
	r := stacked(t)
	r.docker.hold = func(_ context.Context, ref string) error {
		if strings.HasPrefix(ref, "app:") {
			return errBroken
		}
		return nil
	}
	if err := r.onePass().Run(t.Context()); err == nil {
		t.Error("one pass over a project with a broken image ends well")
	}
	r.want("apply base")

	r = stacked(t)
	r.docker.hold = func(_ context.Context, ref string) error {
		if strings.HasPrefix(ref, "app:") {
			return errBroken
		}
		return nil
	}
	r.start()
	r.verdict(event.Broken, "image app: broken")
	r.want("apply base")
	r.docker.with(func(d *fakeDocker) { d.hold = nil })
	r.save("app/main.go", "package main // mended\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app, build model")
}

func TestImagesBuiltOnEachOtherAreNamed(t *testing.T) {
	r := stacked(t)
	r.write("app/Dockerfile", "FROM model\n")
	r.start()
	r.verdict(event.Broken, "app/Dockerfile:1: app is built on model", "model/Dockerfile:2: model is built on app")
	r.want("apply base")
	r.save("app/Dockerfile", "FROM scratch\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app, build model")
}
