package loop

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// withoutAdmin is the project without one of its releases, withoutModel without
// an image.
func withoutAdmin(text string) string {
	return strings.Replace(text, "  admin: {chart: chart, values: [admin.yaml], images: {image: app}}\n", "", 1)
}

func withoutModel(text string) string {
	text = strings.Replace(text, "  model: {context: model}\n", "", 1)
	return strings.Replace(text, ", model.image: model}", "}", 1)
}

func (r *rig) wasRemoved(want ...string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.removed, want) {
		r.t.Errorf("removed %q, want %q", r.removed, want)
	}
	r.removed = nil
}

func TestWhatLeavesTheFileIsRemovedByAFlag(t *testing.T) {
	r := newRig(t)
	r.prune = true
	r.cluster.there["admin"] = true // somebody else installed it
	r.start()
	r.verdict(event.Live)
	r.save("devloop.yaml", withoutModel(withoutAdmin(project)))
	r.verdict(event.Live)
	r.wasRemoved("image model")
	r.noticed("release admin is no longer in devloop.yaml; it stays")

	r.save("devloop.yaml", strings.Replace(strings.Replace(withoutModel(project), "  base: {", "  other: {", 1), ", needs: [base]", "", 1))
	r.verdict(event.Live)
	r.wasRemoved("release base of default")
}

// What an earlier loop installed is known by its label: it goes like this loop's own. One
// that the file has elsewhere now, or in a profile, stays.
func TestWhatAnEarlierLoopInstalled(t *testing.T) {
	begin := func(t *testing.T) *rig {
		r := newRig(t)
		for _, name := range []string{"shop", "base", "admin"} {
			r.cluster.there[name] = true
		}
		r.labelled = map[string][]string{"default": {"admin", "old", "other"}, "elsewhere": {"admin", "base"}}
		r.write("devloop.yaml", strings.Replace(project, "base: {", "base: {namespace: elsewhere, ", 1)+"profiles: {more: {releases: {other: {chart: base}}}}\n")
		return r
	}
	t.Run("by the flag", func(t *testing.T) {
		r := begin(t)
		r.prune = true
		r.start()
		r.verdict(event.Live)
		r.wasRemoved("release old of default")
		r.save("devloop.yaml", strings.Replace(withoutAdmin(project), "base: {", "base: {namespace: elsewhere, ", 1))
		r.verdict(event.Live)
		r.wasRemoved("release admin of default")
	})
	t.Run("in one pass", func(t *testing.T) {
		r := begin(t)
		r.prune = true
		over := make(chan struct{})
		r.heard = func(e event.Event) {
			if _, is := e.(event.Done); is {
				close(over)
			}
		}
		r.recall = sync.OnceFunc(func() { <-over }) // the cluster is slow to answer
		if err := r.onePass().Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.wasRemoved("release old of default")
	})
	t.Run("without the flag", func(t *testing.T) {
		r := begin(t)
		r.start()
		r.verdict(event.Live)
		r.wasRemoved()
		r.noticed("release old is no longer in devloop.yaml; it stays in the cluster until you run: helm uninstall -n default old")
	})
}

func TestWhatLeavesTheFileIsRemovedAfterAQuestion(t *testing.T) {
	r := newRig(t)
	questions, answers := make(chan string), make(chan bool)
	r.ask = func(ctx context.Context, question string) (bool, error) {
		select {
		case questions <- question:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		select {
		case yes := <-answers:
			return yes, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	r.start()
	r.verdict(event.Live)
	r.work()
	r.save("devloop.yaml", withoutAdmin(project))
	if q := <-questions; q != "release admin (namespace default) left devloop.yaml: remove from the cluster, too?" {
		t.Errorf("asked: %s", q)
	}
	r.save("values.yaml", "a: 2\n") // meanwhile the loop goes on
	r.verdict(event.Live)
	r.want("apply shop")
	r.wasRemoved()
	answers <- false
	r.eventually("it stays", func() bool { return r.says("release admin stays in the cluster") })
	r.wasRemoved()

	r.save("devloop.yaml", project)
	r.verdict(event.Live)
	r.want("apply admin")
	r.save("devloop.yaml", withoutAdmin(project))
	<-questions
	r.save("devloop.yaml", project) // it is back before the answer
	r.verdict(event.Live)
	answers <- true
	r.verdict(event.Live)
	r.wasRemoved()

	r.save("devloop.yaml", withoutAdmin(project))
	<-questions
	answers <- true
	r.eventually("it is removed", func() bool { return r.says("release admin (namespace default) is removed") })
	r.wasRemoved("release admin of default")
}

// eventually polls until something holds that the loop does by itself.
func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(enough); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("never: %s", what)
		}
	}
}

// says: a notice holds the words.
func (r *rig) says(words string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.events, func(e event.Event) bool {
		n, is := e.(event.Notice)
		return is && strings.Contains(n.Text, words)
	})
}
