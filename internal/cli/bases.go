package cli

import (
	"context"

	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/build"
)

// bases tells the loop of images that come into docker: what is built on one of them
// may have to be built again.
type bases struct {
	dockers chan *client.Client
	told    func(ctx context.Context, base string) error
}

func newBases(told func(ctx context.Context, base string) error) *bases {
	return &bases{dockers: make(chan *client.Client), told: told}
}

// reached tells which docker to listen to from now on.
func (b *bases) reached(ctx context.Context, docker *client.Client) {
	select {
	case b.dockers <- docker:
	case <-ctx.Done():
	}
}

// run listens until ctx ends.
func (b *bases) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	listen := func(docker *client.Client) (end func()) {
		ctx, end := context.WithCancel(ctx)
		g.Go(func() error {
			defer end()
			return build.Hear(ctx, docker, func(base string) { b.told(ctx, base) }) // fails only when ctx ends
		})
		return end
	}
	end := func() {}
	for {
		select {
		case docker := <-b.dockers:
			end()
			end = listen(docker)
		case <-ctx.Done():
			return g.Wait()
		}
	}
}
