package loop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
)

const everything = "apply admin, apply base, apply shop, build app, build model"

func TestEachSaveCostsWhatItChanges(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.want(everything)

	steps := []struct {
		what string
		do   func()
		want string
	}{
		{"values edit", func() { r.save("values.yaml", "a: 2\n") }, "apply shop"},
		{"template edit in a shared chart", func() { r.save("chart/templates/x.yaml", "x\n") }, "apply admin, apply shop"},
		{"touch", func() { r.report("app/main.go") }, ""},
		{"the same content again", func() { r.save("values.yaml", "a: 2\n") }, ""},
		{"source edit", func() { r.save("app/main.go", "package main // 2\n") }, "apply admin, apply shop, build app"},
		{"source edit of another image", func() { r.save("model/main.go", "package main // 2\n") }, "apply shop, build model"},
		{"an edit undone needs no build", func() { r.save("model/main.go", "package main\n") }, "apply shop"},
		{"a file nobody reported", func() { r.write("base.yaml", "b: 2\n") }, "apply base"},
		{"two files of two targets", func() { r.save("base.yaml", "b: 3\n"); r.save("admin.yaml", "c: 3\n") }, "apply admin, apply base"},
		{"a setting in devloop.yaml", func() {
			r.save("devloop.yaml", strings.Replace(project, "{chart: base,", "{chart: base, set: {x: 1},", 1))
		}, "apply base"},
	}
	for _, s := range steps {
		s.do()
		r.verdict(event.Live)
		if got := r.work(); got != s.want {
			t.Errorf("%s: done %q, want %q", s.what, got, s.want)
		}
	}
}

func TestReleasesGetTheReferenceOfWhatWasBuilt(t *testing.T) {
	r := newRig(t)
	r.start()
	before := r.settled().Images["app"]
	r.save("app/main.go", "package main // 2\n")
	after := r.settled().Images["app"]
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	last := r.cluster.applied[len(r.cluster.applied)-1]
	for _, ref := range last.Images {
		if ref == before {
			t.Errorf("%s was deployed with the old reference %s", last.Name, ref)
		}
	}
	if after == before || !strings.HasPrefix(after, "app:dl-") {
		t.Errorf("reference %s after %s", after, before)
	}
}

func TestAnUndoDuringTheRolloutIsDeployed(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	entered := r.holdRollouts(nil)
	r.save("values.yaml", "a: 2\n")
	<-entered // written, and not ready yet
	r.freeRollouts()
	r.save("values.yaml", "a: 1\n")
	r.verdict(event.Live)
	if got := r.deployed("shop"); got != "a: 1\n" {
		t.Errorf("deployed %q, the file says a: 1", got)
	}
}

func TestASaveOfSomethingElseLeavesARolloutAlone(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.work()
	free := make(chan struct{})
	entered := r.holdRollouts(free)
	r.save("values.yaml", "a: 2\n")
	<-entered
	r.freeRollouts()
	r.save("admin.yaml", "c: 2\n")
	r.idleBut("shop")
	close(free)
	r.verdict(event.Live)
	r.want("apply admin, apply shop")
}

func TestForwardsFollowTheFile(t *testing.T) {
	r := newRig(t)
	r.forward = &fakeForwarder{}
	r.start()
	r.verdict(event.Live)
	r.save("devloop.yaml", project+"forward: [{release: shop, service: app, port: 80, local: 8080}]\n")
	r.verdict(event.Live)
	want := []forward.Target{{Namespace: "default", Service: "app", Port: intstr.FromInt32(80), Local: 8080}}
	if got := r.forward.get(); !slices.Equal(got, want) {
		t.Errorf("forwarded %v, want %v", got, want)
	}
	if got := r.forward.checked(); got == 0 {
		t.Error("nobody looks whether what is forwarded is there")
	}
}

func TestLinksAreFollowedAsTheirReadersDo(t *testing.T) {
	r := newRig(t)
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(r.dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(filepath.Join(r.dir, from), filepath.Join(r.dir, to)); err != nil {
			t.Fatal(err)
		}
		link(to, from)
	}
	move("base", "real-base")
	move("app", "real-app")
	move("values.yaml", "real-values.yaml")
	r.write("shared/x.yaml", "1")
	r.write("chart/templates/a.yaml", "1")
	link("../../shared/x.yaml", "chart/templates/x.yaml")
	r.start()
	r.verdict(event.Live)
	r.work()
	for _, s := range []struct{ path, want string }{
		{"real-base/templates/a.yaml", "apply base"},
		{"shared/x.yaml", "apply admin, apply shop"},
		{"real-app/main.go", "apply admin, apply shop, build app"},
		{"real-values.yaml", "apply shop"},
	} {
		r.save(s.path, "edited\n")
		r.verdict(event.Live)
		if got := r.work(); got != s.want {
			t.Errorf("edit of %s: done %q, want %q", s.path, got, s.want)
		}
	}
}

func TestAReleaseThatMovesIsNotForgottenSilently(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.save("devloop.yaml", strings.Replace(project, "{chart: base,", "{chart: base, namespace: other,", 1))
	r.verdict(event.Live)
	r.noticed("helm uninstall -n default base")
	r.save("devloop.yaml", strings.Replace(project, "  admin: {chart: chart, values: [admin.yaml], images: {image: app}}\n", "", 1))
	r.verdict(event.Live)
	r.noticed("helm uninstall -n default admin")
}

func TestTheEventsFileMustNotBeAnInput(t *testing.T) {
	r := newRig(t)
	o := r.options()
	o.Own = filepath.Join(r.dir, "app", "events.jsonl")
	if err := New(o).Run(t.Context()); err != ErrFailed {
		t.Errorf("run: %v, want ErrFailed", err)
	}
	r.want("")
}

func TestANewerSaveEndsWorkItOutdates(t *testing.T) {
	r := newRig(t)
	entered := make(chan string, 10)
	r.docker.hold = until(entered, nil)
	r.start()
	<-entered
	<-entered // both builds are under way, and would never end
	r.docker.with(func(d *fakeDocker) { d.hold = nil })
	r.save("app/main.go", "package main // newer\n")
	r.save("model/main.go", "package main // newer\n")
	r.verdict(event.Live)
	r.want(everything)

	r.cluster.mu.Lock()
	r.cluster.hold = until(entered, nil)
	r.cluster.mu.Unlock()
	r.save("values.yaml", "a: old\n")
	<-entered // a rollout that never becomes ready
	r.cluster.mu.Lock()
	r.cluster.hold = nil
	r.cluster.mu.Unlock()
	r.save("values.yaml", "a: new\n")
	r.verdict(event.Live)
	if got := r.deployed("shop"); got != "a: new\n" {
		t.Errorf("deployed values %q, want the newest", got)
	}
}

func TestATouchDoesNotEndWork(t *testing.T) {
	r := newRig(t)
	entered, release := make(chan string, 10), make(chan struct{})
	r.docker.hold = until(entered, release)
	r.start()
	<-entered
	<-entered
	r.report("app/main.go")
	r.report("values.yaml")
	close(release)
	r.verdict(event.Live)
	r.want(everything)
	if s := r.settled(); s.Iteration != 1 {
		t.Errorf("iterations: %d, want the first one only", s.Iteration)
	}
}

func TestWithoutClusterOrDockerTheLoopWaitsForASave(t *testing.T) {
	r := newRig(t)
	down := errBroken
	tries := 0
	r.connect = func() error { tries++; return down }
	r.start()
	r.verdict(event.Broken, "broken")
	r.verdict(event.Broken, "broken")
	if tries > 3 {
		t.Errorf("tried to connect %d times at the start and for two questions", tries)
	}
	down = nil // read by the worker of the save below
	r.report("values.yaml")
	r.verdict(event.Live)
	r.want(everything)
}

func TestOnePassEndsWithItsVerdict(t *testing.T) {
	for name, tt := range map[string]struct {
		fail error
		want error
	}{"live": {nil, nil}, "failed": {errBroken, ErrFailed}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.docker.fail = tt.fail
			l := r.onePass()
			if err := l.Run(t.Context()); err != tt.want {
				t.Errorf("run: %v, want %v", err, tt.want)
			}
		})
	}
}
