package loop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/event"
)

// told are the events of some kinds so far, in words.
func (r *rig) told() (words []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		switch e := e.(type) {
		case event.Targets:
			words = append(words, fmt.Sprintf("targets %v %v", e.Images, e.Releases))
		case event.Began:
			words = append(words, fmt.Sprintf("%s %s %s", e.Stage, e.TargetKind, e.Target))
		case event.Failed:
			words = append(words, fmt.Sprintf("failed %s %s %s", e.Stage, e.TargetKind, e.Target))
		case event.Waits:
			words = append(words, fmt.Sprintf("%s %s waits for %s", e.TargetKind, e.Target, e.For))
		case event.Paused:
			words = append(words, fmt.Sprint("paused ", e.Paused))
		}
	}
	return words
}

// What a display of targets lives on: which there are, what is being done to each,
// and which kind of target a failure is about.
func TestWhatIsDoneToATargetIsTold(t *testing.T) {
	r := newRig(t)
	r.docker.fail = errBroken
	r.start()
	r.verdict(event.Broken, "image app", "image model")
	if err := r.loop.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.loop.Pause(t.Context()); err != nil { // which changes nothing
		t.Fatal(err)
	}
	if err := r.loop.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	words := r.told()
	for _, want := range []string{"targets [app model] [admin base shop]", "build image app", "failed build image app",
		"apply release base", "rollout release base", "release shop waits for image app, image model", "paused true", "paused false"} {
		if n := len(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w != want })); n != 1 {
			t.Errorf("%q was told %d times, want once:\n%s", want, n, strings.Join(words, "\n"))
		}
	}
	if !strings.HasPrefix(words[0], "targets") {
		t.Errorf("the first is %q, want the targets", words[0])
	}
}
