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
	// Since limits what is delivered of containers that were there before Run to
	// lines of this age, by the clock of their node and rounded up to seconds. Zero
	// sets no limit.
	Since time.Duration

	// Tail limits it to so many lines of each, before Filter, and to as many of the
	// run before the current one if that crashed. Zero sets no limit, a negative
	// number wants only what is written from now on. Containers that start later
	// are always delivered from their first line.
	Tail int64

	// Filter chooses among the lines. Containers that it lets nothing pass of are
	// not read.
	Filter Filter

	// Once wants what has been written so far, as far as the kubelets keep it, in
	// the order of its times; Run then returns.
	Once bool

	// Idle is called by the goroutine of sink when no line is due for the moment:
	// the time to flush what sink has written. nil is not called.
	Idle func()

	// Notice is told what keeps logs from being read, such as missing rights
	// or a cluster that does not answer, once until it works again. The
	// Streamer goes on trying; with Once, Run returns it. It is called from
	// several goroutines, also at the same time. nil tells Log.
	Notice func(error)

	// Crashed is told of containers of the chosen pods that end with an error and are
	// restarted, whatever Filter says: once when one ends, and once, with Over, when that
	// is over. One goroutine calls it. nil is not called.
	Crashed func(Crash)

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

// New makes a Streamer that gives each line to sink, one at a time. Lines that
// come within a tenth of a second are put in the order of their times; those of
// one container always come in the order of its log. A slow sink slows the
// reading down; nothing is dropped. The lines that wait take 64 KiB of each
// container at most, or one longer line.
//
// The client should not limit its rate (rest.Config.QPS = -1): the streams of
// many pods would be opened one after the other.
func New(client kubernetes.Interface, opts Options, sink func(Line)) *Streamer {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Idle == nil {
		opts.Idle = func() {}
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
// running. With Once it ends by itself, and an error says that the pods could not
// be listed, or which logs could not be read. A Streamer runs once.
func (s *Streamer) Run(ctx context.Context) error {
	var group errgroup.Group
	window := orderWindow
	if s.opts.Once {
		window = onceWindow
	}
	lines := newOrder(window)
	m := manager{
		Streamer: s,
		group:    &group,
		lines:    lines,
		begun:    time.Now(),
		events:   make(chan podEvent),
		watches:  map[string]*namespace{},
		pods:     map[podKey]*pod{},
	}
	delivered := make(chan struct{})
	deliver := func() {
		defer close(delivered)
		lines.run(s.sink, s.opts.Idle)
	}
	var failed error
	if s.opts.Once {
		failed = m.look(ctx) // all logs are known before the first line is chosen
		go deliver()
	} else {
		go deliver()
		m.run(ctx)
	}
	err := errors.Join(failed, group.Wait())
	err = errors.Join(append(m.missing, err)...)
	lines.close()
	<-delivered
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
