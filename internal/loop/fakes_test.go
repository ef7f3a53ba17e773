package loop

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
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

// with changes the fake while the loop may be asking it.
func (d *fakeDocker) with(change func(*fakeDocker)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
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
	hook    func(release string) // runs in each Apply
	there   map[string]bool      // releases
	guards  map[string]int       // under way, by release
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
	res := deploy.Result{Release: r.Name, Action: deploy.Installed, Rendered: &deploy.Rendered{}}
	if f.there[r.Name] {
		res.Action = deploy.Upgraded
	}
	f.there[r.Name] = true
	if f.hook != nil {
		f.hook(r.Name)
		res.Rendered.Hooks = []deploy.Hook{{}}
	}
	return res, f.fail[r.Name]
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
func (f *fakeCluster) Guard(ctx context.Context, res deploy.Result, mode deploy.DriftMode, _ func(deploy.Drift)) error {
	if strings.Contains(string(mode), "once") {
		return nil
	}
	f.count(res.Release, 1)
	defer f.count(res.Release, -1)
	<-ctx.Done()
	return nil
}

func (f *fakeCluster) count(release string, by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guards[release] += by
}

// fakeForwarder remembers what it was set to.
type fakeForwarder struct {
	mu      sync.Mutex
	targets []forward.Target
	checks  int
}

func (f *fakeForwarder) Check() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks++
}

func (f *fakeForwarder) Set(targets []forward.Target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets = targets
}

func (f *fakeForwarder) States() []forward.State {
	var all []forward.State
	for _, t := range f.get() {
		all = append(all, forward.State{Target: t, Address: fmt.Sprintf("127.0.0.1:%d", t.Local)})
	}
	return all
}

func (f *fakeForwarder) checked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.checks
}

func (f *fakeForwarder) get() []forward.Target {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.targets
}
