package loop

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/inputs"
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
	// Read gives the text of File; default os.ReadFile. It is asked at each look,
	// and may stand in for a file that is not there.
	Read func(path string) ([]byte, error)
	// Parse makes a project of that text; default config.Parse.
	Parse func(path string, data []byte) (*config.Project, error)
	// Prune removes the releases that this loop or an earlier one installed for the
	// project, and the images this one made, when devloop.yaml no longer names them. Of others the user is asked by Ask,
	// which may take its time; nil: they stay, and the user is told.
	Prune bool
	Ask   func(ctx context.Context, question string) (yes bool, err error)
	// Own is the absolute path of a file that the program itself writes, such as
	// that of its events; it must not be an input.
	Own string
}

// reader reads the project's inputs, less what is never one.
func (o Options) reader() *inputs.Reader { return inputs.New(o.Hasher, skipNoise) }

// ErrFailed: the one pass of a loop without a watcher did not bring everything
// in line. What failed was told as events.
var ErrFailed = errors.New("not everything is in line with the files")

// Loop is the daemon's core. Make one with New.
type Loop struct {
	opts     Options
	requests chan func(context.Context, *owner)
}

// New returns a loop that does nothing until Run.
func New(opts Options) *Loop {
	if opts.Timeout == 0 {
		opts.Timeout = 5 * time.Minute
	}
	if opts.Read == nil {
		opts.Read = os.ReadFile
	}
	if opts.Parse == nil {
		opts.Parse = config.Parse
	}
	return &Loop{opts: opts, requests: make(chan func(context.Context, *owner))}
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
		reports:  make(chan report),
		workers:  g,
		looks:    looks{doubt: map[target]bool{}, looker: &looker{file: l.opts.File, read: l.opts.Read, parse: l.opts.Parse, reader: l.opts.reader(), own: l.opts.Own}},
		known:    newKnown(),
		claims:   map[target]*claim{},
		tasks:    map[target]*task{},
		cuts:     map[target]int{},
		loops:    loops{&runs{}, map[target]chain{}, map[target]held{}},
		selected: newSelected(),
		guards:   newGuards(g, l.opts.Emit),
		since:    time.Now(),
	}
	if l.opts.Watcher != nil {
		o.looks.looker.set = l.opts.Watcher.Set
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
	return ask(ctx, l, func(ctx context.Context, o *owner, answer chan<- Status) {
		o.waiters, o.asked = append(o.waiters, answer), true
		o.look(ctx, inputs.Change{All: true}) // who asks wants to know of saves whose event is still to come
	})
}

// Retry has everything that failed tried again, whatever its files say, and names
// it. It can be called from any goroutine while Run runs.
func (l *Loop) Retry(ctx context.Context) ([]string, error) {
	return ask(ctx, l, func(ctx context.Context, o *owner, answer chan<- []string) {
		answer <- o.retry(ctx)
	})
}

// Pause has no work begun until Resume; what is under way goes on.
func (l *Loop) Pause(ctx context.Context) error { return l.pause(ctx, true) }

// Resume ends Pause, and begins what the files ask for by now.
func (l *Loop) Resume(ctx context.Context) error { return l.pause(ctx, false) }

func (l *Loop) pause(ctx context.Context, paused bool) error {
	_, err := ask(ctx, l, func(ctx context.Context, o *owner, answer chan<- struct{}) {
		if o.paused != paused {
			o.paused = paused
			o.opts.Emit(event.Paused{Paused: paused})
		}
		if !paused {
			o.look(ctx, inputs.Change{All: true})
		}
		answer <- struct{}{}
	})
	return err
}

// ask has the owner do something and waits for its answer.
func ask[T any](ctx context.Context, l *Loop, do func(ctx context.Context, o *owner, answer chan<- T)) (got T, err error) {
	answer := make(chan T, 1)
	select {
	case l.requests <- func(ctx context.Context, o *owner) { do(ctx, o, answer) }:
	case <-ctx.Done():
		return got, ctx.Err()
	}
	select {
	case got = <-answer:
		return got, nil
	case <-ctx.Done():
		return got, ctx.Err()
	}
}

func (o Options) dir() string { return filepath.Dir(o.File) }
