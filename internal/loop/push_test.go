package loop

import (
	"context"
	"errors"
	"testing"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// pushed builds under a registry's name.
type pushed struct {
	*fakeDocker
	prefix string
}

func (p pushed) Build(ctx context.Context, s build.Spec, in build.Inputs, progress func(build.Step)) (build.Image, error) {
	s.Name = p.prefix + "/" + s.Name
	return p.fakeDocker.Build(ctx, s, in, progress)
}

func TestPushHoldsFromTheSaveOn(t *testing.T) {
	r := newRig(t)
	down := false
	r.connected = func(p *config.Project, b *Backends) error {
		if p.Push == "" {
			return nil
		}
		b.Builder = pushed{r.docker, p.Push}
		if down {
			return errors.New("no such registry")
		}
		return nil
	}
	r.start()
	r.verdict(event.Live)
	r.want(everything)
	r.save("devloop.yaml", project+"push: localhost:5000/team\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build localhost:5000/team/app, build localhost:5000/team/model")
	r.save("app/main.go", "package main // more\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build localhost:5000/team/app")

	r.save("devloop.yaml", project)
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app") // the model's image is there from before

	down = true
	r.save("devloop.yaml", project+"push: localhost:6000/team\n")
	r.verdict(event.Broken, "no such registry")
	r.want("")
	r.save("devloop.yaml", project)
	r.verdict(event.Live)
	r.want("")
}
