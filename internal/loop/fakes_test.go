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

	"k8s.io/apimachinery/pkg/labels"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/watch"
)

// The fakes stand for docker, the cluster and inotify; files are real. What the
// real ones do with the loop is tested in test/e2e.

// fakeWatcher reports what the test says.
type fakeWatcher struct{ changes chan fakeChange }

// fakeChange is a change and what is closed when the loop has taken it.
type fakeChange struct {
	watch.Change
	taken chan struct{}
}

func (f *fakeWatcher) Set([]watch.Root) error { return nil }

func (f *fakeWatcher) Run(ctx context.Context, out chan<- watch.Change) error {
	for {
		select {
		case c := <-f.changes:
			select {
			case out <- c.Change:
				close(c.taken)
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fakeDocker builds by remembering references. hold, if set, is called at the
// begin of each build and may block.
type fakeDocker struct {
	mu     sync.Mutex
	images map[string]bool
	built  []string
	loaded []string
	fail   error
	hold   func(ctx context.Context, ref string) error

	failures int // how often fail is returned; 0 for always
}

func (f *fakeDocker) Build(ctx context.Context, s build.Spec, in build.Inputs, _ func(build.Step)) (build.Image, error) {
	ref := s.Ref(in)
	f.mu.Lock()
	hold, fail, there := f.hold, f.fail, f.images[ref]
	if f.failures > 0 {
		if f.failures--; f.failures == 0 {
			f.fail = nil
		}
	}
	f.mu.Unlock()
	if hold != nil {
		if err := hold(ctx, ref); err != nil {
			return build.Image{}, err
		}
	}
	if fail != nil {
		return build.Image{}, fail
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !there {
		f.images[ref] = true
		f.built = append(f.built, s.Name)
	}
	return build.Image{Ref: ref, Built: !there}, nil
}

func (f *fakeDocker) String() string { return "a fake cluster" }

func (f *fakeDocker) Has(_ context.Context, ref string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.loaded, ref), nil
}

func (f *fakeDocker) Load(_ context.Context, ref string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded = append(f.loaded, ref)
	return nil
}

// fakeCluster takes every release and has it ready at once, unless told else.
type fakeCluster struct {
	mu      sync.Mutex
	applied []deploy.Release
	values  map[string]string // release -> its first values file when applied
	fail    map[string]error  // by release, of Apply
	hold    func(ctx context.Context, release string) error
}

func (f *fakeCluster) Apply(_ context.Context, r deploy.Release) (deploy.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applied = append(f.applied, r)
	if len(r.Values) > 0 {
		data, err := os.ReadFile(r.Values[0])
		if err != nil {
			return deploy.Result{}, err
		}
		f.values[r.Name] = string(data)
	}
	return deploy.Result{Release: r.Name, Action: deploy.Upgraded}, f.fail[r.Name]
}

func (f *fakeCluster) Wait(ctx context.Context, res deploy.Result, _ func(deploy.Status)) error {
	f.mu.Lock()
	hold := f.hold
	f.mu.Unlock()
	if hold == nil {
		return nil
	}
	return hold(ctx, res.Release)
}

func (f *fakeCluster) Workloads(*deploy.Rendered) []deploy.Workload {
	return []deploy.Workload{{Selector: labels.Everything()}}
}

// Guard guards nothing: what it does is tested on a real cluster.
func (f *fakeCluster) Guard(ctx context.Context, _ deploy.Result, _ deploy.DriftMode, _ func(deploy.Drift)) error {
	<-ctx.Done()
	return nil
}

// fakeForwarder remembers what it was set to.
type fakeForwarder struct {
	mu      sync.Mutex
	targets []forward.Target
}

func (f *fakeForwarder) Set(targets []forward.Target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets = targets
}

func (f *fakeForwarder) get() []forward.Target {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.targets
}

// rig is a project on disk with a loop running on it.
type rig struct {
	t       *testing.T
	dir     string
	loop    *Loop
	watcher *fakeWatcher
	docker  *fakeDocker
	cluster *fakeCluster
	forward *fakeForwarder
	connect func() error

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

func newRig(t *testing.T) *rig {
	r := &rig{t: t, dir: t.TempDir(), watcher: &fakeWatcher{make(chan fakeChange)},
		docker:  &fakeDocker{images: map[string]bool{}},
		cluster: &fakeCluster{values: map[string]string{}, fail: map[string]error{}},
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
		File: filepath.Join(r.dir, "devloop.yaml"), Hasher: digest.New(),
		Emit: func(e event.Event) { r.mu.Lock(); r.events = append(r.events, e); r.mu.Unlock() },
		Connect: func(context.Context, *config.Project) (*Backends, error) {
			if err := r.connect(); err != nil {
				return nil, err
			}
			b := &Backends{Namespace: "default", Builder: r.docker, Target: r.docker, Cluster: r.cluster}
			if r.forward != nil {
				b.Forward = r.forward
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

func (r *rig) report(path string) {
	now := time.Now()
	c := fakeChange{watch.Change{Paths: []string{filepath.Join(r.dir, filepath.FromSlash(path))}, First: now, Settled: now}, make(chan struct{})}
	r.watcher.changes <- c
	<-c.taken
}

// settled waits until the files are live or have failed.
func (r *rig) settled() Status {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
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
