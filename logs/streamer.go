package logs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
)

// Options of a Streamer. The zero value delivers every line from the start of
// each container.
type Options struct {
	// Since limits what is delivered of containers that are there already to
	// lines of this age, by this machine's clock. Zero sets no limit.
	Since time.Duration

	// Tail limits it to so many lines of each. Zero sets no limit, a negative
	// number wants only what is written from now on. Containers that start
	// later are always delivered from their first line.
	Tail int64

	// Notice is told what keeps logs from being read, such as missing rights
	// or a cluster that does not answer, once until it works again. The
	// Streamer goes on trying. It is called from several goroutines, also at
	// the same time. nil tells Log.
	Notice func(error)

	// Log gets diagnostics. Nothing is logged by default.
	Log *slog.Logger
}

// Streamer follows the logs of pods.
type Streamer struct {
	client kubernetes.Interface
	opts   Options
	sink   func(Line)

	mu        sync.Mutex
	selectors []Selector
	changed   chan struct{}
}

// New makes a Streamer that gives each line to sink, one at a time. A slow
// sink slows the reading down; nothing is dropped.
//
// The client should not limit its rate (rest.Config.QPS = -1): the streams of
// many pods would be opened one after the other.
func New(client kubernetes.Interface, opts Options, sink func(Line)) *Streamer {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Notice == nil {
		opts.Notice = func(err error) { opts.Log.Warn("following logs", "error", err) }
	}
	return &Streamer{client: client, opts: opts, sink: sink, changed: make(chan struct{}, 1)}
}

// Follow replaces what is followed. It may be called before and during Run.
// Where several selectors choose a pod, the first one counts. A pod that is
// chosen again goes on where it was left, as long as its namespace was watched
// in between.
func (s *Streamer) Follow(sel []Selector) {
	s.mu.Lock()
	s.selectors = slices.Clone(sel)
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Run follows until ctx ends, and then returns nil when nothing of it is left
// running. A Streamer runs once.
func (s *Streamer) Run(ctx context.Context) error {
	var group errgroup.Group
	lines := make(chan Line, 256)
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		s.deliver(lines)
	}()
	m := manager{
		Streamer: s,
		group:    &group,
		lines:    lines,
		events:   make(chan podEvent),
		watches:  map[string]*namespace{},
		pods:     map[podKey]*pod{},
	}
	m.run(ctx)
	err := group.Wait()
	close(lines)
	<-delivered
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// deliver gives the lines of all containers to the sink: the one place that
// every line passes, in the order in which they arrive.
func (s *Streamer) deliver(lines <-chan Line) {
	for l := range lines {
		s.sink(l)
	}
}
