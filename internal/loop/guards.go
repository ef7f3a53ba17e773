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
// another when they have. What devloop.yaml says of drift holds at once.
type guards struct {
	emit  event.Sink
	group *errgroup.Group // of the loop, which waits for them

	mu      sync.Mutex
	drift   string // as devloop.yaml has it
	running map[string]*guarded
}

// guarded is a release whose objects are watched, or would be but for drift: off.
type guarded struct {
	cluster Cluster
	res     deploy.Result
	drift   string
	cancel  context.CancelFunc
	over    chan struct{} // closed when it watches no more
}

func (g *guarded) end() {
	g.cancel()
	<-g.over
}

func newGuards(group *errgroup.Group, emit event.Sink) *guards {
	return &guards{emit: emit, group: group, running: map[string]*guarded{}}
}

// stop ends the guard of a release, if there is one, waits until it is over, and
// returns it.
func (g *guards) stop(release string) *guarded {
	g.mu.Lock()
	was := g.running[release]
	delete(g.running, release)
	g.mu.Unlock()
	if was != nil {
		was.end()
	}
	return was
}

// again guards what was guarded until stop, as nothing was written after it.
func (g *guards) again(ctx context.Context, was *guarded) {
	if was != nil {
		g.start(ctx, was.cluster, was.res)
	}
}

// start guards what was applied until stop, or until ctx ends, which must be that
// of the loop and not of an iteration.
func (g *guards) start(ctx context.Context, c Cluster, res deploy.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begin(ctx, c, res, nil)
}

// hold has what devloop.yaml says of drift hold for all releases, at once.
func (g *guards) hold(ctx context.Context, drift string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drift = drift
	for _, was := range g.running {
		if was.drift != drift {
			g.begin(ctx, was.cluster, was.res, was)
		}
	}
}

// begin starts a guard once the one before it, if any, is over.
func (g *guards) begin(ctx context.Context, c Cluster, res deploy.Result, before *guarded) {
	ctx, cancel := context.WithCancel(ctx)
	now := &guarded{cluster: c, res: res, drift: g.drift, cancel: cancel, over: make(chan struct{})}
	g.running[res.Release] = now
	g.group.Go(func() error {
		defer close(now.over)
		defer cancel()
		if before != nil {
			before.end()
		}
		if now.drift == config.DriftOff || ctx.Err() != nil {
			return nil
		}
		err := c.Guard(ctx, res, deploy.DriftMode(now.drift), tellDrift(g.emit, res.Release))
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

func tellDrift(emit event.Sink, release string) func(deploy.Drift) {
	return func(d deploy.Drift) {
		emit(event.Drift{Release: release, Object: d.Object.String(), Gone: d.Gone, Fields: d.Fields,
			Manager: d.Manager, Corrected: d.Corrected, GaveUp: d.GaveUp, Text: d.String()})
	}
}

// lookOnce is for a loop that is over when all is ready: what drifted is put back,
// or told, before that. What was just made cannot have drifted.
func lookOnce(ctx context.Context, c Cluster, res deploy.Result, drift string, emit event.Sink) error {
	if drift == config.DriftOff || res.Action == deploy.Installed {
		return nil
	}
	return c.Guard(ctx, res, deploy.DriftMode(drift).Once(), tellDrift(emit, res.Release))
}
