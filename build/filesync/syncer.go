package filesync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/devloop-dev/devloop/build"
)

// Result is what a Sync did.
type Result struct {
	Files      int // that were written or removed in some container
	Containers int // that it was done in
}

// Failure is a container that started and could not be given its files.
type Failure struct {
	Image, Ref string // of the Overlay
	Err        error
}

// Options are what a Syncer works with.
type Options struct {
	Client kubernetes.Interface // required
	Config *rest.Config         // of the same cluster; required
	// Runtime finds what leads to the containers beside the API. It is called once,
	// when it is needed. Default: there is only the API.
	Runtime func(ctx context.Context) (build.Runtime, error)
	// Notice takes what the user should know; required.
	Notice func(text string)
}

// Syncer keeps overlays in the running containers of a cluster. Make one with New.
type Syncer struct {
	opts     Options
	exec     *execWay
	failures chan Failure

	finding sync.Mutex
	runtime build.Runtime
	ways    []way // into a container, the best first; nil until they are looked for

	mu       sync.Mutex
	work     func(func(ctx context.Context)) (stop context.CancelFunc) // in Run; nil until it runs
	begun    chan struct{}                                             // closed then
	selected map[string][]Selector                                     // by release
	watched  map[string]*podWatch                                      // by namespace
	running  map[place]*cell
	overlays map[string]*overlay // by image
	changed  chan struct{}       // closed when running changes, and made anew
}

// New returns a Syncer that does nothing until Run.
func New(o Options) *Syncer {
	s := &Syncer{opts: o, failures: make(chan Failure), begun: make(chan struct{}), changed: make(chan struct{}),
		selected: map[string][]Selector{}, watched: map[string]*podWatch{}, running: map[place]*cell{}, overlays: map[string]*overlay{}}
	s.exec = &execWay{client: o.Client, config: o.Config}
	return s
}

// into are the ways into a container, the best first.
func (s *Syncer) into(ctx context.Context) []way {
	s.finding.Lock()
	defer s.finding.Unlock()
	if s.ways != nil {
		return s.ways
	}
	if s.opts.Runtime != nil {
		var err error
		if s.runtime, err = s.opts.Runtime(ctx); err != nil {
			s.opts.Notice(fmt.Sprintf("files are synced by tar in the containers, as there is no other way: %v", err))
		}
	}
	s.ways = append(waysOf(s.runtime), s.exec)
	s.opts.Notice("files are synced by " + s.ways[0].String())
	return s.ways
}

// Run watches pods and gives containers that start their files, until ctx ends.
func (s *Syncer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	s.mu.Lock()
	s.work = func(do func(context.Context)) context.CancelFunc {
		ctx, stop := context.WithCancel(ctx)
		g.Go(func() error {
			defer stop()
			do(ctx)
			return nil
		})
		return stop
	}
	close(s.begun)
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.work = func(func(context.Context)) context.CancelFunc { return func() {} } // nothing begins any more
	s.mu.Unlock()
	err := g.Wait()
	s.finding.Lock()
	defer s.finding.Unlock()
	return errors.Join(err, s.runtime.Close())
}

// Failures tells of containers that started and could not be given their files.
func (s *Syncer) Failures() <-chan Failure { return s.failures }

// Touched are the files of an image that its containers may hold otherwise than
// the image of this reference, as seen from the context.
func (s *Syncer) Touched(image, ref string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.overlays[image]; o != nil && o.Ref == ref {
		return slices.Sorted(maps.Keys(o.files))
	}
	return nil
}

// Sync has all running containers of an image hold an overlay, and those that
// start later, too. It takes the place of the image's overlay before. When it
// ends with an error, nobody knows what the containers hold; files that were
// written meanwhile give ErrChanged, and nothing is done.
func (s *Syncer) Sync(ctx context.Context, o Overlay) (Result, error) {
	s.mu.Lock()
	older := s.overlays[o.Image]
	s.mu.Unlock()
	if older != nil && older.Ref != o.Ref {
		older = nil
	}
	now, err := read(o, older)
	if err != nil {
		return Result{}, err
	}
	s.mu.Lock()
	s.overlays[o.Image] = now
	s.mu.Unlock()
	var mu sync.Mutex
	var res Result
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range s.meant(now.ref) {
		g.Go(func() error {
			if older != nil && !sameRules(older.Rules, o.Rules) {
				if wrote, err := c.wrote(ctx); wrote || err != nil {
					return errors.Join(err, s.replace(ctx, c, "was given files by other sync rules"))
				}
			}
			n, err := s.bring(ctx, c, o.Image)
			mu.Lock()
			defer mu.Unlock()
			if n > 0 {
				res.Files, res.Containers = max(res.Files, n), res.Containers+1
			}
			return err
		})
	}
	return res, g.Wait()
}

func sameRules(a, b []Rule) bool {
	return slices.EqualFunc(a, b, func(a, b Rule) bool { return a.From == b.From && a.To == b.To })
}
