package build

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
)

// Listener is what hearing of images needs of a docker daemon. *client.Client is one.
type Listener interface {
	Events(ctx context.Context, o events.ListOptions) (<-chan events.Message, <-chan error)
}

var _ Listener = (*client.Client)(nil)

// hearAgain is how long a daemon that went away is left alone.
const hearAgain = time.Second

// Hear tells of each image that docker pulls or gives a name, by that name, in the
// form of Base.Name. An empty name stands for any: an archive was loaded, or docker
// was away for a while. What is removed is not told. told is called from one
// goroutine. Hear returns when ctx ends, with no error.
func Hear(ctx context.Context, docker Listener, told func(name string)) error {
	for again := false; ; again = true {
		hear(ctx, docker, again, told)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(hearAgain):
		}
	}
}

// hear listens until docker goes away.
func hear(outer context.Context, docker Listener, again bool, told func(name string)) {
	ctx, end := context.WithCancel(outer)
	defer end()
	heard, broken := docker.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("type", string(events.ImageEventType)))})
	select {
	case <-broken:
		return
	default:
	}
	if again {
		told("")
	}
	for {
		select {
		case <-broken:
			return
		case m := <-heard:
			switch m.Action {
			case events.ActionPull:
				told(short(m.Actor.ID))
			case events.ActionTag:
				told(short(m.Actor.Attributes["name"]))
			case events.ActionLoad, events.ActionImport:
				told("")
			}
		}
	}
}
