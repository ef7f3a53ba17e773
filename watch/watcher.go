package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// ErrClosed is returned by Set and Run of a Watcher that has ended.
var ErrClosed = errors.New("watch: closed")

// Options of a Watcher. The zero value is good.
type Options struct {
	// Quiet is how long nothing must happen after a single save, 25 ms by
	// default. A burst of many paths, or writes that go on, take up to eight
	// times as long.
	Quiet time.Duration

	// Max bounds the wait from the first event of a burst, 1 s by default.
	// While git holds index.lock in the repository of a changed path the
	// wait goes on until the lock is gone, for at most 30 s; then Quiet is
	// enough, or four times that amid a rebase.
	Max time.Duration

	// Poll is how often the files are looked at that the system grants no
	// watch for, 1 s by default; less often when that would take more than a
	// twentieth of a core. At twice that time, or up to thirty times where
	// it takes long, the few paths that lead to the roots are looked at, for
	// what no watch tells: a folder far above that was moved, a mount, a root
	// that was written under another name.
	Poll time.Duration

	// PollOnly uses no watches at all. File systems that do not tell what is
	// changed from elsewhere (NFS, SMB, 9p as in WSL 2, folders shared with a
	// virtual machine) are recognised and polled without it.
	PollOnly bool

	// Notice is told what the user should know although watching goes on: a
	// *LimitError, a file system that is polled, or a folder that may not be
	// read. It must return at once and must not call the Watcher. Without it,
	// such things go to Log.
	Notice func(error)

	// Log gets diagnostics. Nothing is logged by default.
	Log *slog.Logger
}

// buffer is how many events wait in memory while new folders are walked; more
// wait in the kernel.
const buffer = 8192

// Watcher watches files. Make it with New; end it by ending Run, or by Close
// if Run was never called.
type Watcher struct {
	opts    Options
	notify  *fsnotify.Watcher // nil: poll only
	slice   time.Duration     // of polling, at a time
	wake    chan struct{}     // Set may have made something to poll
	lost    chan struct{}     // the kernel's queue ran over
	drained chan struct{}     // closed when drain has ended
	closing sync.Once

	mu      sync.Mutex // guards what follows
	tree    tree
	pending pending
	closed  bool
	running bool
	ready   bool // a change waits for the receiver; only Run sets it
}

// New makes a Watcher that watches nothing yet. Where the system refuses even
// that (the limit of inotify instances), it tells a *LimitError to
// Options.Notice and polls.
func New(opts Options) (*Watcher, error) {
	if opts.Quiet <= 0 {
		opts.Quiet = 25 * time.Millisecond
	}
	if opts.Max <= 0 {
		opts.Max = time.Second
	}
	if opts.Poll <= 0 {
		opts.Poll = time.Second
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Notice == nil {
		opts.Notice = func(err error) { opts.Log.Warn("watching files", "error", err) }
	}
	w := &Watcher{
		slice:   pollSlice,
		opts:    opts,
		wake:    make(chan struct{}, 1),
		lost:    make(chan struct{}, 1),
		drained: make(chan struct{}),
	}
	w.tree = tree{
		notice:  opts.Notice,
		log:     opts.Log,
		pending: &w.pending,
		folders: map[string]*folder{},
		inodes:  map[fileID]*folder{},
		polled:  map[*folder]struct{}{},
		idle:    map[*folder]struct{}{},
		anchors: map[*folder]struct{}{},
		unread:  map[*node]struct{}{},
		mounts:  newMounts(),
		git:     repos{},
		told:    map[string]struct{}{},
	}
	if opts.PollOnly {
		return w, nil
	}
	notify, err := fsnotify.NewBufferedWatcher(buffer)
	switch {
	case isLimit(err):
		opts.Notice(instanceLimit(err))
	case err != nil:
		return nil, fmt.Errorf("starting to watch files: %w", err)
	default:
		w.notify, w.tree.notifier = notify, notify
		go w.drain()
	}
	return w, nil
}

// drain takes fsnotify's errors as they come, until Close. fsnotify may hold
// its lock while it waits for that, so whoever adds a watch cannot do it.
func (w *Watcher) drain() {
	defer close(w.drained)
	for err := range w.notify.Errors {
		if !errors.Is(err, fsnotify.ErrEventOverflow) {
			// A folder moved while its watch was being ended, as a rule.
			w.opts.Log.Debug("watching files", "error", err)
			continue
		}
		select {
		case w.lost <- struct{}{}:
		default:
		}
	}
}

// Set replaces what is watched. It may be called before and during Run. What
// changes after Set has returned is reported; so read the files after it. What
// is there at the time of the call is not.
//
// A root that is watched already is kept as it is, if its Skip is nil or its
// Rules are the same: then Set costs next to nothing.
//
// A missing path is no error. A path that is not absolute is, and then nothing
// has changed.
func (w *Watcher) Set(roots []Root) error {
	for _, r := range roots {
		if !filepath.IsAbs(r.Path) {
			return fmt.Errorf("watch: path %q is not absolute", r.Path)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	w.tree.replace(roots)
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// Close frees what New took. Run does so by itself.
func (w *Watcher) Close() error {
	var err error
	w.closing.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		if w.notify != nil {
			err = w.notify.Close()
			<-w.drained
		}
	})
	return err
}

// Run sends changes to out until ctx ends, and then closes the Watcher and
// returns nil. It never waits for the receiver: what happens while nobody
// receives is merged into the next Change. out stays open.
//
// A Watcher runs once.
func (w *Watcher) Run(ctx context.Context, out chan<- Change) error {
	w.mu.Lock()
	if w.closed || w.running {
		w.mu.Unlock()
		return ErrClosed
	}
	w.running = true
	w.mu.Unlock()
	r := runner{
		Watcher: w,
		settle:  settle{quiet: w.opts.Quiet, max: w.opts.Max},
		timer:   time.NewTimer(time.Hour),
		poll:    time.NewTimer(w.opts.Poll),
		polling: true,
		checks:  time.NewTimer(2 * w.opts.Poll),
	}
	defer r.timer.Stop()
	defer r.poll.Stop()
	defer r.checks.Stop()
	err := r.run(ctx, out)
	if cerr := w.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("ending the watch: %w", cerr)
	}
	return err
}
