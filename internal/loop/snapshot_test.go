package loop

import (
	"context"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
)

// fakeInspector says of every release what it was set to.
type fakeInspector map[string]deploy.Standing

func (f fakeInspector) Standing(_ context.Context, name, _ string) (deploy.Standing, error) {
	s, ok := f[name]
	if !ok {
		return deploy.Standing{}, errBroken
	}
	return s, nil
}

func (r *rig) snapshot() Snapshot {
	r.t.Helper()
	s, err := r.loop.Snapshot(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// states are all targets with their states, in the order of the snapshot.
func (s Snapshot) states() string {
	var all []string
	for _, im := range s.Images {
		all = append(all, im.Name+" "+string(im.State))
	}
	for _, r := range s.Releases {
		all = append(all, r.Name+" "+string(r.State))
	}
	return strings.Join(all, ", ")
}

func TestASnapshotTellsWhatIsInPlaceAndHowItCame(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	s := r.snapshot()
	if s.State != Live || !s.Running || s.Project != "shop" || s.Iteration != 1 || s.states() != "app live, model live, admin live, base live, shop live" {
		t.Fatalf("%+v", s)
	}
	app, shop := s.Images[0], s.Releases[2]
	if !strings.HasPrefix(app.Reference, "app:dl-") || app.Last != built || app.Since.IsZero() {
		t.Errorf("image %+v", app)
	}
	if !strings.HasPrefix(shop.Last, "install, ") || shop.Namespace != "default" || shop.Since.IsZero() {
		t.Errorf("release %+v", shop)
	}

	r.save("values.yaml", "a: 2\n")
	r.verdict(event.Live)
	next := r.snapshot()
	if got := next.Releases[2]; !strings.HasPrefix(got.Last, "upgrade, ") || !got.Since.After(shop.Since) {
		t.Errorf("after a save: %+v, before %+v", got, shop)
	}
	if next.Images[0] != app || next.Releases[0] != s.Releases[0] {
		t.Errorf("what the save left alone is told anew: %+v, %+v", next.Images[0], next.Releases[0])
	}
}

func TestASnapshotTellsWhatIsWrongAndWhatToDo(t *testing.T) {
	r := newRig(t)
	r.cluster.fail["base"] = errBroken
	r.start()
	r.verdict(event.Broken, "release base")
	s := r.snapshot()
	if s.State != Failing || s.states() != "app live, model live, admin live, base failed, shop due" {
		t.Fatalf("%s: %s", s.State, s.states())
	}
	if base := s.Releases[1]; !strings.Contains(base.Error, errBroken.Error()) || !strings.Contains(base.Hint, "devloop retry") {
		t.Errorf("%+v", base)
	}
	r.save("devloop.yaml", "nonsense: true\n")
	r.settled()
	if s = r.snapshot(); len(s.Failures) != 1 || !strings.Contains(s.Failures[0], "devloop.yaml:1:1") {
		t.Errorf("failures %q", s.Failures)
	}
}

func TestASnapshotWaitsForNothing(t *testing.T) {
	r := newRig(t)
	entered, free := make(chan string, 10), make(chan struct{})
	r.docker.hold = until(entered, free)
	r.start()
	<-entered
	<-entered
	if s := r.snapshot(); s.State != Working || s.Images[0].State != Working || s.Images[0].Reference != "" || s.Releases[0].State != Due {
		t.Errorf("in a build: %s, %s", s.State, s.states())
	}
	close(free)
	r.verdict(event.Live)
	if err := r.loop.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.save("values.yaml", "a: 2\n")
	r.settled()
	s := r.snapshot()
	if s.State != Paused || s.states() != "app live, model live, admin live, base live, shop due" || !strings.Contains(s.Releases[2].Due, "values.yaml") {
		t.Errorf("in a pause: %s, %s, %+v", s.State, s.states(), s.Releases[2])
	}
}

func TestTheClusterHasTheLastWordOnAReleaseThatIsLive(t *testing.T) {
	good := deploy.Standing{Revision: 3, State: "deployed", Chart: "web-1.0.0", Status: deploy.Status{Ready: 1, Total: 1, PodsReady: 2, Pods: 2}}
	with := func(change func(*deploy.Standing)) deploy.Standing { s := good; change(&s); return s }
	for name, tt := range map[string]struct {
		says  deploy.Standing
		state State
		words string
	}{
		"ready":        {good, Live, ""},
		"gone":         {deploy.Standing{}, Absent, ""},
		"one is ready": {with(func(s *deploy.Standing) { s.Total = 2 }), Unready, ""},
		"crashes": {with(func(s *deploy.Standing) {
			s.Ready, s.Failures = 0, []deploy.Failure{{Reason: "CrashLoopBackOff", Logs: []string{"panic: x"}}}
		}), Failing, "CrashLoopBackOff\n  | panic: x"},
		"helm failed":   {with(func(s *deploy.Standing) { s.State, s.Description = "failed", "no such kind" }), Failing, "no such kind"},
		"left half way": {with(func(s *deploy.Standing) { s.State = "pending-upgrade" }), Unready, "pending-upgrade"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Snapshot{State: Live, Releases: []ReleaseState{{TargetState: TargetState{Name: "web", State: Live}}}}
			Inspect(t.Context(), fakeInspector{"web": tt.says}, &s)
			if got := s.Releases[0]; got.State != tt.state || s.State != tt.state || !strings.Contains(got.Error+got.Waiting, tt.words) || got.Revision != tt.says.Revision || got.Pods != tt.says.Pods {
				t.Errorf("%s: %+v", s.State, got)
			}
		})
	}
	s := Snapshot{State: Live, Releases: []ReleaseState{{TargetState: TargetState{State: Live}}}}
	if Inspect(t.Context(), fakeInspector{}, &s); s.State != Unknown || !strings.Contains(s.Releases[0].Error, errBroken.Error()) {
		t.Errorf("without an answer: %+v", s)
	}
}
