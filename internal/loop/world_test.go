package loop

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/watch"
)

// world is the model's fake docker, fake cluster and fake watcher. It checks that
//   - at most one writes to a release, and nobody when the loop is over;
//   - work is ended that the files have outdated for a while;
//   - work is not ended that they have not outdated;
//   - work is not done again that was done for the same files.
type world struct {
	t    *testing.T
	seed uint64
	dir  string

	mu      sync.Mutex
	files   map[string]string
	refs    map[string]string // image and what its files hold -> reference
	history map[target][]moment
	failing bool // now and then work fails
	lossy   bool // now and then the watcher misses a save
	ending  bool
	start   time.Time
	story   []string
	count   map[string]int

	pending []string // paths that the watcher has not told yet
	wake    chan struct{}

	writing  map[string]bool
	began    map[string]time.Time // release -> its last write
	deployed map[string]string    // release -> what was written last
	done     map[target]moment    // the last work that came to a good end
	loose    map[target]bool      // what was done last was done of whatever the files were
	carried  map[target]bool      // work on it goes on whatever is saved
}

// slack is how long it may take until a save ends work: while files are being
// written, they are waited for.
const slack = patience + 300*time.Millisecond

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, seed: seed, start: time.Now(), dir: t.TempDir(), files: map[string]string{}, refs: map[string]string{}, history: map[target][]moment{}, count: map[string]int{},
		wake: make(chan struct{}, 1), writing: map[string]bool{}, began: map[string]time.Time{}, deployed: map[string]string{}, done: map[target]moment{}, carried: map[target]bool{}, loose: map[target]bool{}}
	w.write("devloop.yaml", modelProject)
	for _, path := range []string{"app/Dockerfile", "worker/Dockerfile", "plain/Chart.yaml", "chart/Chart.yaml"} {
		w.write(path, "FROM scratch\n")
	}
	for _, path := range savedFiles() {
		w.write(path, "0")
	}
	w.note()
	return w
}

// takes is how long something takes: the same for the same seed.
func (w *world) takes(what string, most time.Duration) time.Duration {
	return time.Duration(w.dice(what).Int64N(int64(most)))
}

func (w *world) dice(what string) *rand.Rand {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[what]++
	h := fnv.New64a()
	fmt.Fprint(h, what, w.count[what])
	return rand.New(rand.NewPCG(w.seed, h.Sum64()))
}

func (w *world) emit(e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell("%s %+v", e.Kind(), e)
	if n, is := e.(event.Notice); is && strings.Contains(n.Text, "carried through") {
		for t := range w.history {
			w.carried[t] = w.carried[t] || strings.Contains(n.Text, fmt.Sprintf("work on %s %s was", t.kind, t.name))
		}
	}
}

// tell adds to what is printed when the game was lost.
func (w *world) tell(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf("%8.3f ", time.Since(w.start).Seconds())+fmt.Sprintf(format, args...))
}

// moment is since when the files ask for something.
type moment struct {
	at   time.Time
	what string
}

// note keeps what the files ask for from now on.
func (w *world) note() {
	refs := map[string]string{}
	for _, name := range []string{"app", "worker"} {
		refs[name] = w.ref(name)
		w.asks(target{image, name}, refs[name])
	}
	for name, images := range modelImages(refs) {
		w.asks(target{release, name}, w.says(name, images))
	}
}

func (w *world) asks(t target, what string) {
	if all := w.history[t]; len(all) == 0 || all[len(all)-1].what != what {
		w.history[t] = append(all, moment{time.Now(), what})
	}
}

// other is the longest time in a row, between two moments, for which the files
// asked for something else of a target; not if they never did.
func (w *world) other(t target, what string, from, to time.Time) (longest time.Duration, ever bool) {
	var since time.Time
	all := append(slices.Clone(w.history[t]), moment{to, what})
	for i, m := range all {
		if i+1 < len(all) && !all[i+1].at.After(from) {
			continue
		}
		at := m.at
		if at.Before(from) {
			at = from
		}
		switch {
		case m.what != what && since.IsZero():
			since = at
		case m.what == what && !since.IsZero():
			longest, ever, since = max(longest, at.Sub(since)), true, time.Time{}
		}
	}
	return longest, ever
}

// ends notes how work on a target came out that was begun a while ago.
func (w *world) ends(t target, what string, began time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.tell("%s of %v ends with %v", what, t, err)
	if errors.Is(err, context.Canceled) {
		if _, ever := w.other(t, what, began.Add(-slack), now); !ever && !w.ending {
			w.t.Errorf("%v was ended although the files asked for it all the time: %s", t, what)
		}
		return
	}
	if longest, _ := w.other(t, what, began, now); longest > slack && !w.lossy && !w.carried[t] {
		w.t.Errorf("%v went on until its end, outdated for %s: %s", t, longest, what)
	}
	carried := w.carried[t]
	delete(w.carried, t)
	if last := w.done[t]; err == nil {
		if _, ever := w.other(t, what, last.at.Add(-slack), now); last.what == what && !ever && !carried && !w.loose[t] {
			w.t.Errorf("%v was done twice for the same files: %s", t, what)
		}
		w.done[t], w.loose[t] = moment{now, what}, carried
	} else {
		delete(w.done, t)
	}
}

func (w *world) fails(what string) error {
	w.mu.Lock()
	failing := w.failing
	w.mu.Unlock()
	if failing && w.dice("fail "+what).IntN(6) == 0 {
		return errBroken
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) Set([]watch.Root) error { return nil }

func (w *world) Run(ctx context.Context, out chan<- watch.Change) error {
	for {
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil
		}
		first := time.Now()
		if sleep(ctx, 25*time.Millisecond) != nil {
			return nil
		}
		w.mu.Lock()
		slices.Sort(w.pending)
		c := watch.Change{Paths: slices.Compact(w.pending), First: first, Settled: time.Now()}
		w.pending = nil
		w.mu.Unlock()
		select {
		case out <- c:
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *world) Build(ctx context.Context, s build.Spec, in build.Inputs, _ func(build.Step)) (build.Image, error) {
	began := time.Now()
	err := sleep(ctx, w.takes("build "+s.Name, 4*time.Second))
	if err == nil {
		err = w.fails(s.Name)
	}
	w.ends(target{image, s.Name}, s.Ref(in), began, err)
	return build.Image{Ref: s.Ref(in), Built: true}, err
}

func (w *world) String() string { return "a fake cluster" }

func (w *world) Has(context.Context, string) (bool, error) { return true, nil }

func (w *world) Load(context.Context, string) error { return errBroken }

// Apply reads the files, and then writes whatever becomes of its context.
func (w *world) Apply(ctx context.Context, r deploy.Release) (deploy.Result, error) {
	res := deploy.Result{Release: r.Name, Action: deploy.Upgraded}
	if err := sleep(ctx, w.takes("render "+r.Name, 100*time.Millisecond)); err != nil {
		return res, err
	}
	w.mu.Lock()
	if w.writing[r.Name] {
		w.t.Errorf("two write to release %s at once", r.Name)
	}
	w.writing[r.Name] = true
	what := w.says(r.Name, r.Images)
	w.began[r.Name] = time.Now()
	w.mu.Unlock()
	time.Sleep(w.takes("write "+r.Name, time.Second))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writing[r.Name] = false
	w.deployed[r.Name] = what
	return res, nil
}

// ref is the reference of an image by the files as they are.
func (w *world) ref(name string) string {
	content := name + " " + w.files[name+"/main"] + " " + w.files[name+"/lib"]
	if ref := w.refs[content]; ref != "" {
		return ref
	}
	s := build.Spec{Name: name, Context: filepath.Join(w.dir, name)}
	in, err := s.Inputs(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.refs[content] = s.Ref(in)
	return w.refs[content]
}

// modelImages are the images of each release.
func modelImages(refs map[string]string) map[string]map[string]string {
	return map[string]map[string]string{"base": {}, "admin": {"image": refs["app"]},
		"shop": {"app.image": refs["app"], "worker.image": refs["worker"]}}
}

// says is what is to be deployed by the files as they are.
func (w *world) says(release string, refs map[string]string) string {
	text := w.files[release+".yaml"]
	if release != "base" {
		text += " " + w.files["chart/t"]
	}
	return text + fmt.Sprint(" ", refs)
}

func (w *world) Wait(ctx context.Context, res deploy.Result, _ func(deploy.Status)) error {
	err := sleep(ctx, w.takes("rollout "+res.Release, 4*time.Second))
	if err == nil {
		err = w.fails(res.Release)
	}
	w.mu.Lock()
	what, began := w.deployed[res.Release], w.began[res.Release]
	w.mu.Unlock()
	w.ends(target{release, res.Release}, what, began, err)
	return err
}

func (w *world) Workloads(*deploy.Rendered) []deploy.Workload { return nil }

func (w *world) Guard(ctx context.Context, _ deploy.Result, _ deploy.DriftMode, _ func(deploy.Drift)) error {
	<-ctx.Done()
	return nil
}

// compare expects that what is deployed is what the files say.
func (w *world) compare() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for t, all := range w.history {
		if want := all[len(all)-1].what; t.kind == release && w.deployed[t.name] != want {
			w.t.Errorf("release %s: deployed %s, the files say %s", t.name, w.deployed[t.name], want)
		}
	}
	w.ending = true
}

// over expects that the loop left nothing half done.
func (w *world) over(err error) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.t.Errorf("the loop ended with %v", err)
	}
	for release, writing := range w.writing {
		if writing {
			w.t.Errorf("release %s is still being written to", release)
		}
	}
}
