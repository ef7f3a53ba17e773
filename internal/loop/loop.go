package loop

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/watch"
)

// Options are what a loop is made of.
type Options struct {
	File    string         // absolute path of the devloop.yaml
	Watcher Watcher        // nil: one pass over the files as they are, then the end
	Hasher  *digest.Hasher // required
	Connect Connect        // required
	Emit    event.Sink     // required
	Timeout time.Duration  // the longest a rollout may take; default 5 minutes, as Helm's

	// Adopt takes over objects that exist without belonging to a release, Force
	// replaces those whose change the API server refuses. See deploy.Release.
	Adopt, Force bool
	// Own is the absolute path of a file that the program itself writes, such as
	// that of its events; it must not be an input.
	Own string
}

// ErrFailed: the one pass of a loop without a watcher did not bring everything
// in line. What failed was told as events.
var ErrFailed = errors.New("not everything is in line with the files")

// Loop is the daemon's core. Make one with New.
type Loop struct {
	opts     Options
	requests chan chan Status
}

// New returns a loop that does nothing until Run.
func New(opts Options) *Loop {
	if opts.Timeout == 0 {
		opts.Timeout = 5 * time.Minute
	}
	return &Loop{opts: opts, requests: make(chan chan Status)}
}

// Run works until ctx ends, or, without a watcher, until one pass is over. It
// returns nil at the end of ctx, ErrFailed when the one pass failed, and an
// error when it cannot go on.
func (l *Loop) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	changes := make(chan watch.Change)
	o := &owner{
		opts:     l.opts,
		requests: l.requests,
		changes:  changes,
		looks:    make(chan lookResult, 1),
		outcomes: make(chan outcome, 1),
		workers:  g,
		known:    newKnown(),
		looker:   &looker{file: l.opts.File, hasher: l.opts.Hasher, own: l.opts.Own},
		selected: newSelected(),
		guards:   newGuards(g, l.opts.Emit),
		since:    time.Now(),
	}
	if l.opts.Watcher != nil {
		o.looker.set = l.opts.Watcher.Set
		g.Go(func() error { return l.opts.Watcher.Run(ctx, changes) })
	}
	g.Go(func() error {
		defer stop()
		return o.run(ctx)
	})
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Status looks at the files as they are now and answers when they are live or
// have failed. It can be called from any goroutine while Run runs.
func (l *Loop) Status(ctx context.Context) (Status, error) {
	answer := make(chan Status, 1)
	select {
	case l.requests <- answer:
	case <-ctx.Done():
		return Status{}, ctx.Err()
	}
	select {
	case s := <-answer:
		return s, nil
	case <-ctx.Done():
		return Status{}, ctx.Err()
	}
}

func (o Options) dir() string { return filepath.Dir(o.File) }
