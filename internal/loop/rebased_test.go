package loop

import (
	"context"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// onBase builds as if the ids of the bases were part of the reference.
type onBase struct {
	*fakeDocker
	id func() string
}

func (b onBase) Ref(_ context.Context, s build.Spec, in build.Inputs) (string, error) {
	if s.Name != "app" {
		return s.Ref(in), nil
	}
	return s.Ref(in) + b.id(), nil
}

func (b onBase) Build(ctx context.Context, s build.Spec, in build.Inputs, progress func(build.Step)) (build.Image, error) {
	img, err := b.fakeDocker.Build(ctx, s, in, progress)
	if err == nil {
		img.Ref, err = b.Ref(ctx, s, in)
	}
	return img, err
}

func TestAnotherBaseInDockerIsBuiltOn(t *testing.T) {
	r := newRig(t)
	id := "one"
	get := func() (got string) { r.docker.with(func(*fakeDocker) { got = id }); return got }
	set := func(to string) { r.docker.with(func(*fakeDocker) { id = to }) }
	r.connected = func(_ *config.Project, b *Backends) error {
		docker := onBase{r.docker, get}
		b.Builder, b.Refs = docker, docker
		return nil
	}
	r.write("app/Dockerfile", "FROM node:20\nCOPY . /\n")
	r.start()
	r.verdict(event.Live)
	r.want("apply admin, apply base, apply shop, build app, build model")
	rebased := func(base string) {
		t.Helper()
		if err := r.loop.Rebased(t.Context(), base); err != nil {
			t.Fatal(err)
		}
	}
	app := func() string { return r.settled().Images["app"] }

	rebased("node:20") // pulled, and the same
	rebased("node:21")
	r.verdict(event.Live)
	r.want("")
	set("two")
	rebased("node:21") // no image is built on that
	r.verdict(event.Live)
	r.want("")
	rebased("node:20")
	r.eventually("the image on the new base", func() bool { return strings.HasSuffix(app(), "two") })
	r.verdict(event.Live)
	r.want("apply admin, apply shop")
	r.noticed("docker has another one of node:20 that image app is built on")

	set("three")
	rebased("") // docker was away
	r.eventually("the image on the new base", func() bool { return strings.HasSuffix(app(), "three") })

	r.docker.with(func(d *fakeDocker) { d.fail = errBroken })
	r.save("app/main.go", "package other\n")
	r.verdict(event.Broken, "image app")
	r.docker.with(func(d *fakeDocker) { d.fail = nil })
	rebased("node:20") // what it lacked may be there now
	r.eventually("the image that failed before", func() bool { return r.settled().Verdict == event.Live })
}
