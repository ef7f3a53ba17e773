package loop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/watch"
)

// rig is a project on disk with a loop running on it.
type rig struct {
	t       testing.TB
	dir     string
	loop    *Loop
	hasher  *digest.Hasher
	watcher *fakeWatcher
	docker  *fakeDocker
	cluster *fakeCluster
	forward *fakeForwarder
	connect func() error
	// connected makes what is reached another; may be nil.
	connected func(*config.Project, *Backends) error
	parse     func(path string, data []byte) (*config.Project, error)
	prune     bool
	ask       func(ctx context.Context, question string) (bool, error)
	removed   []string
	labelled  map[string][]string // namespace -> releases that an earlier loop installed
	recall    func()              // is called before that is told; may be nil
	heard     func(event.Event)
	sync      *fakeSyncer

	mu     sync.Mutex
	events []event.Event
}

const project = `apiVersion: devloop/v1
project: shop
images:
  app: {context: app}
  model: {context: model}
releases:
  shop: {chart: chart, values: [values.yaml], images: {app.image: app, model.image: model}, needs: [base]}
  base: {chart: base, values: [base.yaml]}
  admin: {chart: chart, values: [admin.yaml], images: {image: app}}
`

func newRig(t testing.TB) *rig {
	r := &rig{t: t, dir: t.TempDir(), hasher: digest.New(), watcher: &fakeWatcher{make(chan fakeChange)},
		docker:  &fakeDocker{images: map[string]bool{}},
		cluster: &fakeCluster{there: map[string]bool{}, values: map[string]string{}, fail: map[string]error{}, guards: map[string]int{}},
		connect: func() error { return nil }}
	for path, text := range map[string]string{
		"devloop.yaml": project, "values.yaml": "a: 1\n", "base.yaml": "b: 1\n", "admin.yaml": "c: 1\n",
		"chart/Chart.yaml": "name: chart\n", "base/Chart.yaml": "name: base\n",
		"app/Dockerfile": "FROM scratch\n", "app/main.go": "package main\n",
		"model/Dockerfile": "FROM scratch\n", "model/main.go": "package main\n",
	} {
		r.write(path, text)
	}
	return r
}

func (r *rig) options() Options {
	return Options{
		File: filepath.Join(r.dir, "devloop.yaml"), Hasher: r.hasher, Parse: r.parse, Prune: r.prune, Ask: r.ask,
		Emit: func(e event.Event) {
			r.mu.Lock()
			r.events = append(r.events, e)
			r.mu.Unlock()
			if r.heard != nil {
				r.heard(e)
			}
		},
		Connect: func(_ context.Context, p *config.Project) (*Backends, error) {
			if err := r.connect(); err != nil {
				return nil, err
			}
			b := &Backends{Namespace: "default", Builder: r.docker, Target: r.docker, Cluster: r.cluster}
			if r.forward != nil {
				b.Forward = r.forward
			}
			b.Remover = r
			if r.sync != nil {
				b.Sync = r.sync
			}
			if r.connected != nil {
				return b, r.connected(p, b)
			}
			return b, nil
		},
	}
}

// onePass is a loop that ends when everything was looked at once.
func (r *rig) onePass() *Loop { return New(r.options()) }

// start runs a loop that watches until the test ends.
func (r *rig) start() {
	r.t.Helper()
	o := r.options()
	o.Watcher = r.watcher
	r.loop = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.loop.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("the loop ended with %v", err)
		}
	})
}

func (r *rig) write(path, text string) {
	r.t.Helper()
	full := filepath.Join(r.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// save writes a file and reports it, as the real watcher would.
func (r *rig) save(path, text string) {
	r.t.Helper()
	r.write(path, text)
	r.report(path)
}

// afterRuns writes a file so that its time is after all that ran so far.
func (r *rig) afterRuns(path, text string) {
	r.t.Helper()
	for now := time.Now(); !since(filepath.Join(r.dir, filepath.FromSlash(path)), now); {
		r.write(path, text)
	}
}

func (r *rig) report(path string) {
	now := time.Now()
	c := fakeChange{watch.Change{Paths: []string{filepath.Join(r.dir, filepath.FromSlash(path))}, First: now, Settled: now}, make(chan struct{})}
	r.watcher.changes <- c
	<-c.taken
}

// enough is longer than anything takes that comes at all, on a busy machine, too.
const enough = 3 * time.Minute

// settled waits until the files are live or have failed.
func (r *rig) settled() Status {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), enough)
	defer cancel()
	s, err := r.loop.Status(ctx)
	if err != nil {
		r.t.Fatalf("the loop does not settle: %v", err)
	}
	return s
}

// work is what was built and applied since it was last asked, sorted.
func (r *rig) work() string {
	r.docker.mu.Lock()
	defer r.docker.mu.Unlock()
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	var all []string
	for _, name := range r.docker.built {
		all = append(all, "build "+name)
	}
	for _, rel := range r.cluster.applied {
		all = append(all, "apply "+rel.Name)
	}
	r.docker.built, r.cluster.applied = nil, nil
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (r *rig) want(what string) {
	r.t.Helper()
	if got := r.work(); got != what {
		r.t.Errorf("done: %q, want %q", got, what)
	}
}

func (r *rig) verdict(want event.Verdict, failures ...string) {
	r.t.Helper()
	s := r.settled()
	if s.Verdict != want || len(s.Failures) != len(failures) {
		r.t.Fatalf("status %+v, want %s with failures %q", s, want, failures)
	}
	for i, f := range failures {
		if !strings.Contains(s.Failures[i], f) {
			r.t.Errorf("failure %q, want %q in it", s.Failures[i], f)
		}
	}
}

// holdRollouts keeps releases from becoming ready, and reports each that waits.
func (r *rig) holdRollouts(release <-chan struct{}) <-chan string {
	entered := make(chan string, 10)
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	r.cluster.hold = until(entered, release)
	return entered
}

// idleBut waits until all releases but one are ready.
func (r *rig) idleBut(release string) {
	r.t.Helper()
	deadline := time.Now().Add(enough)
	for {
		waiting, err := ask(r.t.Context(), r.loop, func(_ context.Context, o *owner, answer chan<- []string) {
			var names []string
			for t := range o.tasks {
				names = append(names, t.name)
			}
			if o.looks.busy() {
				names = []string{"a look"}
			}
			answer <- names
		})
		if err == nil && strings.Join(waiting, ", ") == release {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("under way: %v, %v, want %s only", waiting, err, release)
		}
	}
}

func (r *rig) freeRollouts() {
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	r.cluster.hold = nil
}

// deployed is the first values file of a release, as it was when last applied.
func (r *rig) deployed(release string) string {
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	return r.cluster.values[release]
}

// failed counts the failures told so far.
func (r *rig) failed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.events {
		if _, ok := e.(event.Failed); ok {
			n++
		}
	}
	return n
}

// noticed expects a notice with the words.
func (r *rig) noticed(words string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if n, ok := e.(event.Notice); ok && strings.Contains(n.Text, words) {
			return
		}
	}
	r.t.Errorf("no notice says %q", words)
}

var errBroken = errors.New("broken for the test")

// until blocks a fake until its context ends or the test lets it go on.
func until(entered chan<- string, release <-chan struct{}) func(context.Context, string) error {
	return func(ctx context.Context, name string) error {
		entered <- name
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("hold: %w", ctx.Err())
		}
	}
}

// Uninstall, Labelled and RemoveImages make the rig a fake Remover.
func (r *rig) Uninstall(_ context.Context, name, namespace string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removed = append(r.removed, "release "+name+" of "+namespace)
	return nil
}

func (r *rig) Labelled(_ context.Context, namespace string, labels map[string]string) ([]string, error) {
	if r.recall != nil {
		r.recall()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if labels[ProjectLabel] != "shop" || labels[FileLabel] == "" {
		return nil, fmt.Errorf("asked for %v", labels)
	}
	return r.labelled[namespace], nil
}

func (r *rig) RemoveImages(_ context.Context, name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removed = append(r.removed, "image "+name)
	return nil
}
