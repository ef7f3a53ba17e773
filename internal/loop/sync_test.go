package loop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/devloop-dev/devloop/build/filesync"
	"github.com/devloop-dev/devloop/internal/event"
)

// fakeSyncer stands for the containers of all images: it holds what it is told,
// read from the disk at that moment. What the real one does in a cluster is
// tested in test/e2e.
type fakeSyncer struct {
	mu       sync.Mutex
	holds    map[string]string // image:path -> content beside the image
	touched  map[string][]string
	refs     map[string]string
	selected map[string]bool
	calls    int
	fail     error
	hold     func(ctx context.Context, image string) error
	failures chan filesync.Failure
}

func (f *fakeSyncer) Select(_ context.Context, release string, pods []filesync.Selector) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.selected[release] = len(pods) > 0
	return nil
}

func (f *fakeSyncer) Sync(ctx context.Context, o filesync.Overlay) (filesync.Result, error) {
	f.mu.Lock()
	hold, fail := f.hold, f.fail
	f.mu.Unlock()
	if len(o.Files) > 0 && hold != nil {
		if err := hold(ctx, o.Image); err != nil {
			return filesync.Result{}, err
		}
	}
	if len(o.Files) > 0 && fail != nil {
		return filesync.Result{}, fail
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refs[o.Image] != o.Ref {
		f.touched[o.Image] = nil
		for key := range f.holds {
			if strings.HasPrefix(key, o.Image+":") {
				delete(f.holds, key)
			}
		}
	}
	f.refs[o.Image] = o.Ref
	if len(o.Files) > 0 {
		f.calls++
	}
	for _, e := range o.Files {
		f.touched[o.Image] = append(f.touched[o.Image], e.Path)
		delete(f.holds, o.Image+":"+e.Path)
		if e.Original {
			continue
		}
		data, err := os.ReadFile(filepath.Join(o.Context, e.Path))
		if (err == nil) != (e.Sum != "") {
			return filesync.Result{}, filesync.ErrChanged
		}
		f.holds[o.Image+":"+e.Path] = string(data)
	}
	return filesync.Result{Files: len(o.Files), Containers: 1}, nil
}

func (f *fakeSyncer) Touched(image, ref string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refs[image] != ref {
		return nil
	}
	return f.touched[image]
}

func (f *fakeSyncer) Failures() <-chan filesync.Failure { return f.failures }

func (f *fakeSyncer) with(change func(*fakeSyncer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// syncRig has image app with files under sync.
func syncRig(t *testing.T) *rig {
	r := newRig(t)
	r.sync = &fakeSyncer{holds: map[string]string{}, touched: map[string][]string{}, refs: map[string]string{}, selected: map[string]bool{}, failures: make(chan filesync.Failure)}
	r.write("app/web/a", "a1")
	r.write("app/web/b", "b1")
	r.write("devloop.yaml", strings.Replace(project, "app: {context: app}", `app: {context: app, sync: [{from: "web/**", to: /srv}]}`, 1))
	r.start()
	r.verdict(event.Live)
	r.want("apply admin, apply base, apply shop, build app, build model")
	return r
}

func (r *rig) holds(want string) {
	r.t.Helper()
	r.sync.mu.Lock()
	defer r.sync.mu.Unlock()
	if got := fmt.Sprint(r.sync.holds); got != "map["+want+"]" {
		r.t.Errorf("containers hold %s, want map[%s]", got, want)
	}
}

func (r *rig) counts(want int) {
	r.t.Helper()
	if s := r.settled(); s.Synced["app"] != want {
		r.t.Errorf("synced %v, want %d files of app", s.Synced, want)
	}
}

func TestSyncsInPlaceOfABuild(t *testing.T) {
	r := syncRig(t)
	if !r.sync.selected["shop"] || !r.sync.selected["admin"] || r.sync.selected["base"] {
		t.Errorf("selected %v, want the releases that run the image", r.sync.selected)
	}
	r.save("app/web/a", "a2")
	r.verdict(event.Live)
	r.holds("app:web/a:a2")
	r.counts(1)
	r.save("app/web/new/c", "c1")
	r.verdict(event.Live)
	r.holds("app:web/a:a2 app:web/new/c:c1")
	if err := os.Remove(filepath.Join(r.dir, "app/web/b")); err != nil {
		t.Fatal(err)
	}
	r.report("app/web/b")
	r.verdict(event.Live)
	r.holds("app:web/a:a2 app:web/b: app:web/new/c:c1")
	r.counts(3)
	r.save("app/web/a", "a1") // as in the image
	r.verdict(event.Live)
	r.holds("app:web/b: app:web/new/c:c1")
	r.counts(2)
	r.want("")
	calls := r.sync.calls
	r.save("app/web/a", "a1") // the same again
	r.verdict(event.Live)
	if r.sync.calls != calls {
		t.Error("the same content was synced again")
	}

	r.save("app/main.go", "package main // 2\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app")
	r.holds("")
	r.counts(0)
	r.save("app/web/a", "a3")
	r.verdict(event.Live)
	r.want("")
	r.holds("app:web/a:a3")
}

func TestSyncThatFailsIsABuild(t *testing.T) {
	r := syncRig(t)
	r.sync.with(func(f *fakeSyncer) { f.fail = errors.New("read-only file system") })
	r.save("app/web/a", "a2")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app")
	r.planned("rebuild app: app/web/a changed; no sync: read-only file system")
	if n := r.failed(); n != 0 {
		t.Errorf("%d failures were told, want none: the files are live", n)
	}
	r.sync.with(func(f *fakeSyncer) { f.fail = nil })
	r.save("app/web/a", "a3") // onto the new image
	r.verdict(event.Live)
	r.want("")
	r.holds("app:web/a:a3")
}

func TestContainerThatCannotBeGivenItsFilesIsABuild(t *testing.T) {
	r := syncRig(t)
	r.save("app/web/a", "a2")
	r.verdict(event.Live)
	r.sync.failures <- filesync.Failure{Image: "app", Ref: "app:dl-older", Err: errBroken} // of what is no more
	r.verdict(event.Live)
	r.want("")
	r.sync.failures <- filesync.Failure{Image: "app", Ref: r.sync.refs["app"], Err: errBroken}
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app")
	r.planned("no sync: " + errBroken.Error())
	r.counts(0)
}

// A newer save ends a sync under way, and nobody believes what that has left:
// also an undo is copied.
func TestNewerSaveEndsASync(t *testing.T) {
	for _, undo := range []bool{false, true} {
		t.Run(fmt.Sprint("undo ", undo), func(t *testing.T) {
			r := syncRig(t)
			entered := make(chan string, 10)
			r.sync.with(func(f *fakeSyncer) { f.hold = until(entered, nil) })
			r.save("app/web/a", "a2")
			<-entered
			r.sync.with(func(f *fakeSyncer) { f.hold = nil })
			calls := r.sync.calls
			text, want := "a3", "app:web/a:a3"
			if undo {
				text, want = "a1", ""
				r.sync.with(func(f *fakeSyncer) { f.touched["app"] = []string{"web/a"} }) // as far as it had come
			}
			r.save("app/web/a", text)
			r.verdict(event.Live)
			r.holds(want)
			if r.sync.calls == calls {
				t.Error("nothing was copied after the sync that was ended")
			}
			r.want("")
		})
	}
}

func (r *rig) planned(words string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		p, ok := e.(event.Planned)
		for _, a := range p.Actions {
			if ok && strings.Contains(a.Do+" "+a.Target+": "+a.Reason, words) {
				return
			}
		}
	}
	r.t.Errorf("no plan says %q", words)
}
