package ui

import (
	"fmt"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// told is an event and when it is told, after the one before.
type told struct {
	after time.Duration
	event event.Event
}

const ms = time.Millisecond

// begun is a project whose first look has come to its end: all is live.
func begun(at time.Time) []told {
	all := []told{
		{0, event.Targets{Images: []string{"app", "model"}, Releases: []string{"monitoring", "sms-checker"}}},
		{ms, event.Changed{Iteration: 1, First: true, Saved: at}},
		{0, event.Planned{Iteration: 1, Actions: []event.Action{{Do: "rebuild", Target: "app", Reason: "first look"}, {Do: "rebuild", Target: "model", Reason: "first look"},
			{Do: "upgrade", Target: "monitoring", Reason: "first look"}, {Do: "upgrade", Target: "sms-checker", Reason: "first look"}}}},
		{90 * ms, event.Started{Project: "sms-checker", Context: "sandbox", Images: "containerd"}},
		{0, event.Forwarded{Target: "service app port 8080", URL: "http://127.0.0.1:8080"}},
	}
	for _, image := range []string{"app", "model"} {
		all = append(all,
			told{0, event.Began{Iteration: 1, Target: image, TargetKind: event.Image, Stage: "build"}},
			told{1200 * ms, event.Stage{Iteration: 1, Name: "build", Target: image, Detail: image + ":dl-1", Took: 1200 * ms}},
			told{0, event.Stage{Iteration: 1, Name: "load", Target: image, Took: ms}})
	}
	for _, release := range []string{"monitoring", "sms-checker"} {
		all = append(all, released(1, release, "3 of 3 objects, revision 1")...)
	}
	return append(all, told{0, event.Done{Iteration: 1, Verdict: event.Live, Cause: "start", Summary: "all of it", Took: 4 * time.Second}})
}

// released is an upgrade of a release up to its end.
func released(iteration int, name, detail string) []told {
	return []told{
		{0, event.Began{Iteration: iteration, Target: name, TargetKind: event.Release, Stage: "apply"}},
		{50 * ms, event.Stage{Iteration: iteration, Name: "render", Target: name, Took: 20 * ms}},
		{0, event.Stage{Iteration: iteration, Name: "apply", Target: name, Detail: detail, Took: 30 * ms}},
		{0, event.Began{Iteration: iteration, Target: name, TargetKind: event.Release, Stage: "rollout"}},
		{300 * ms, event.Progress{Iteration: iteration, Release: name, Ready: 1, Total: 2, PodsReady: 1, Pods: 3, Waiting: "Deployment/app 0/1"}},
		{400 * ms, event.Progress{Iteration: iteration, Release: name, Ready: 2, Total: 2, PodsReady: 3, Pods: 3}},
		{0, event.Stage{Iteration: iteration, Name: "rollout", Target: name, Took: 700 * ms}},
	}
}

// scaled is a values edit that is rolled out: its beginning, and the rest of it.
func scaled(iteration int, at time.Time) (first, rest []told) {
	all := append([]told{
		{time.Second, event.Changed{Iteration: iteration, Paths: []string{"values/local.yaml"}, Saved: at}},
		{0, event.Stage{Iteration: iteration, Name: "settle", Took: 30 * ms}},
		{0, event.Planned{Iteration: iteration, Actions: []event.Action{{Do: "upgrade", Target: "sms-checker", Reason: "values/local.yaml changed"}}}},
	}, released(iteration, "sms-checker", "1 of 3 objects (Deployment/app spec.replicas 1 -> 3), revision 2")...)
	all = append(all, told{0, event.Applied{Iteration: iteration, Release: "sms-checker", Revision: 2, Objects: []event.ObjectChange{
		{Object: "Deployment/app", Change: "update", Diff: []string{"  spec:", "-   replicas: 1", "+   replicas: 3"}},
		{Object: "ConfigMap/new", Change: "create"}, {Object: "Service/old", Change: "delete"}}}},
		told{0, event.Done{Iteration: iteration, Verdict: event.Live, Cause: "values/local.yaml", Summary: "upgrade sms-checker, 1 of 3 objects", Written: 50 * ms, Took: 780 * ms}})
	return all[:8], all[8:]
}

// broke is a save whose build and whose first release fail.
func broke(iteration int, at time.Time) []told {
	return []told{
		{time.Second, event.Changed{Iteration: iteration, Paths: []string{"app/main.go"}, Saved: at}},
		{0, event.Planned{Iteration: iteration, Actions: []event.Action{{Do: "rebuild", Target: "app", Reason: "app/main.go changed"}, {Do: "upgrade", Target: "monitoring", Reason: "monitoring/values.yaml changed"}}}},
		{0, event.Began{Iteration: iteration, Target: "app", TargetKind: event.Image, Stage: "build"}},
		{0, event.Began{Iteration: iteration, Target: "monitoring", TargetKind: event.Release, Stage: "apply"}},
		{2 * time.Second, event.Failed{Iteration: iteration, Target: "app", TargetKind: event.Image, Stage: "build", Error: "app/Dockerfile:7: go build failed\n./main.go:12:2: undefined: x\n./main.go:13:2: undefined: y", Hint: "mend the file and save"}},
		{0, event.Waits{Iteration: iteration, Target: "sms-checker", TargetKind: event.Release, For: "image app"}},
		{0, event.Failed{Iteration: iteration, Target: "monitoring", TargetKind: event.Release, Stage: "render", Error: "monitoring/templates/x.yaml:3: no such function"}},
		{0, event.Done{Iteration: iteration, Verdict: event.Broken, Cause: "app/main.go", Summary: "build app failed", Took: 2 * time.Second}},
	}
}

// many is a project of so many releases, of which the last but one fails.
func many(at time.Time, n int) []told {
	var targets event.Targets
	for i := range n {
		targets.Releases = append(targets.Releases, fmt.Sprintf("release-%02d", i))
	}
	all := []told{{0, event.Targets{Releases: targets.Releases}}, {0, event.Started{Project: "many", Context: "sandbox"}}, {0, event.Changed{Iteration: 1, First: true, Saved: at}}}
	for i, name := range targets.Releases {
		if i == n-2 {
			all = append(all, told{0, event.Began{Iteration: 1, Target: name, TargetKind: event.Release, Stage: "apply"}},
				told{0, event.Failed{Iteration: 1, Target: name, TargetKind: event.Release, Stage: "apply", Error: "refused"}})
			continue
		}
		all = append(all, released(1, name, "1 of 1 objects, revision 1")...)
	}
	return append(all, told{0, event.Done{Iteration: 1, Verdict: event.Broken, Cause: "start", Summary: "apply failed"}})
}
