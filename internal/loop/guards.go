package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// guards keep what was applied as it is, one Guard for each release, across
// iterations. Workers stop a release's guard before they write to it and start
// another when they have.
type guards struct {
	emit  event.Sink
	group *errgroup.Group // of the loop, which waits for them

	mu      sync.Mutex
	running map[string]func() // by release: ends its guard and waits for it
}

func newGuards(group *errgroup.Group, emit event.Sink) *guards {
	return &guards{emit: emit, group: group, running: map[string]func(){}}
}

// stop ends the guard of a release, if there is one, and waits until it is over.
func (g *guards) stop(release string) {
	g.mu.Lock()
	end := g.running[release]
	delete(g.running, release)
	g.mu.Unlock()
	if end != nil {
		end()
	}
}

// start guards what was applied until stop, or until ctx ends, which must be that
// of the loop and not of an iteration.
func (g *guards) start(ctx context.Context, c Cluster, res deploy.Result, drift string) {
	if drift == config.DriftOff {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	g.mu.Lock()
	g.running[res.Release] = func() { cancel(); <-over }
	g.mu.Unlock()
	g.group.Go(func() error {
		defer close(over)
		defer cancel()
		err := c.Guard(ctx, res, deploy.DriftMode(drift), func(d deploy.Drift) {
			g.emit(event.Drift{Release: res.Release, Object: d.Object.String(), Gone: d.Gone, Fields: d.Fields,
				Manager: d.Manager, Corrected: d.Corrected, GaveUp: d.GaveUp, Text: d.String()})
		})
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, deploy.ErrSuperseded):
			g.emit(event.Notice{Text: fmt.Sprintf("release %s was changed by somebody else; the next save of one of its files brings it back in line", res.Release)})
		default:
			g.emit(event.Notice{Text: err.Error()})
		}
		return nil
	})
}
