package loop

import (
	"slices"
	"testing"

	"github.com/devloop-dev/devloop/internal/event"
)

func TestRetryTakesUpWhatFailed(t *testing.T) {
	r := newRig(t)
	r.cluster.fail["base"] = errBroken
	r.docker.fail = errBroken
	r.start()
	r.verdict(event.Broken, "image app", "image model", "release base")
	r.docker.with(func(d *fakeDocker) { d.fail = nil })
	r.cluster.mu.Lock()
	delete(r.cluster.fail, "base")
	r.cluster.mu.Unlock()
	r.work()
	names, err := r.loop.Retry(t.Context())
	if want := []string{"image app", "image model", "release base"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("tried again: %q, %v, want %q", names, err, want)
	}
	r.verdict(event.Live)
	r.want(everything)
	if names, err = r.loop.Retry(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("tried again when all is live: %q, %v", names, err)
	}
	r.verdict(event.Live)
	r.want("")
}

func TestNothingIsBegunInAPause(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.work()
	entered, free := make(chan string, 10), make(chan struct{})
	r.docker.with(func(d *fakeDocker) { d.hold = until(entered, free) })
	r.save("app/main.go", "package main // 2\n")
	<-entered
	if err := r.loop.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.save("values.yaml", "a: 2\n")
	close(free) // what is under way goes on
	r.verdict(event.Broken, "admin is not in line", "shop is not in line")
	r.want("build app")
	if err := r.loop.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.verdict(event.Live)
	r.want("apply admin, apply shop")
}
