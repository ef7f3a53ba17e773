package loop

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/inputs"
	"github.com/devloop-dev/devloop/internal/request"
)

// Referrer tells the reference that an image would be built to now.
type Referrer interface {
	Ref(ctx context.Context, spec build.Spec, in build.Inputs) (string, error)
}

// Rebased has the images made anew that are built on an image of docker's which is
// another one now. base is its name as build.Base has it; empty for any. It can be
// called from any goroutine while Run runs.
func (l *Loop) Rebased(ctx context.Context, base string) error {
	_, err := ask(ctx, l, func(ctx context.Context, o *owner, answer chan<- struct{}) {
		o.rebased(ctx, base)
		answer <- struct{}{}
	})
	return err
}

// rebased asks for the reference of each image that is built on the base: docker
// also tells of a pull that brought nothing new. One whose prebuild command would
// have to run first, or that failed, is made anew where the base is named.
func (o *owner) rebased(ctx context.Context, base string) {
	p := o.files.project
	if p == nil || o.links == nil || o.links.Refs == nil {
		return
	}
	refs, refer := o.known.references(), o.links.Refs
	for _, name := range p.ImageNames() {
		if !o.files.stack.Outside(name, base) {
			continue
		}
		at := otherBase{target{image, name}, base, ""}
		spec, ready := o.files.stack.With(p, name, refs)
		in, err := request.Image(name, p.Images[name]).InputsOf(o.files.contexts[name])
		if refs[name] == "" || len(p.Images[name].Prebuild) > 0 || !ready || err != nil {
			if base != "" {
				at.anew(ctx, o)
			}
			continue
		}
		o.work(ctx, func() report {
			at.ref, _ = refer.Ref(ctx, spec, in) // docker that is gone again will be told of by a build
			return at
		})
	}
}

// otherBase is an image whose base may be another one, and its reference as that of
// now would have it; empty when nobody knows.
type otherBase struct {
	target
	base string
	ref  string
}

func (b otherBase) take(ctx context.Context, o *owner) error {
	if b.ref != "" && b.ref != o.known.refs[b.name] {
		b.anew(ctx, o)
	}
	return nil
}

// anew has the image made again. Work on it that is under way may be on the base as
// it was, and ends.
func (b otherBase) anew(ctx context.Context, o *owner) {
	if _, made := o.known.state.Images[b.name]; !made {
		return // its turn is to come
	}
	o.pass(b.target)
	o.known.again(b.target)
	if b.base == "" {
		b.base = "the image"
	}
	o.opts.Emit(event.Notice{Text: fmt.Sprintf("docker has another one of %s that image %s is built on", b.base, b.name)})
	o.asked = true
	o.look(ctx, inputs.Change{})
}
