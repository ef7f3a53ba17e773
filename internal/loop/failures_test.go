package loop

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/devloop-dev/devloop/internal/event"
)

func TestFailuresWaitForTheNextSave(t *testing.T) {
	r := newRig(t)
	r.docker.fail = errBroken
	r.start()
	r.verdict(event.Broken, "image app: broken", "image model: broken")
	r.want("apply base") // what does not depend on them goes on
	tries := r.failed()
	r.report("values.yaml")
	r.verdict(event.Broken, "image app", "image model")
	if again := r.failed(); again != tries {
		t.Errorf("failures told: %d, then %d after a save of something else", tries, again)
	}

	r.docker.with(func(d *fakeDocker) { d.fail = nil })
	r.report("app/main.go") // the cause was elsewhere: a save of an input is enough
	r.verdict(event.Broken, "image model")
	r.want("apply admin, build app")
	r.save("model/main.go", "package main // mended\n")
	r.verdict(event.Live)
	r.want("apply shop, build model")
}

func TestAFailedReleaseIsTriedAgainWhenItChanges(t *testing.T) {
	r := newRig(t)
	r.cluster.fail["base"] = errBroken
	r.start()
	r.verdict(event.Broken, "release base: broken")
	r.want("apply admin, apply base, build app, build model") // shop needs base

	r.save("values.yaml", "a: 3\n")
	r.verdict(event.Broken, "release base")
	r.want("")
	r.cluster.mu.Lock()
	delete(r.cluster.fail, "base")
	r.cluster.mu.Unlock()
	r.save("base.yaml", "b: 2\n")
	r.verdict(event.Live)
	r.want("apply base, apply shop")
}

func TestABrokenImageHoldsBackItsReleases(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.work()
	r.docker.with(func(d *fakeDocker) { d.fail = errBroken })
	r.write("values.yaml", "a: 5\n")
	r.save("app/main.go", "package broken\n")
	r.verdict(event.Broken, "image app")
	r.want("")
	r.save("base.yaml", "b: 7\n")
	r.verdict(event.Broken, "image app")
	r.want("apply base")
	r.docker.with(func(d *fakeDocker) { d.fail = nil })
	r.save("app/main.go", "package mended\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app")
}

func TestABrokenConfigKeepsTheLastGoodOne(t *testing.T) {
	r := newRig(t)
	r.write("devloop.yaml", "project: [\n")
	r.start()
	r.verdict(event.Broken, "devloop.yaml:1:")
	r.want("")
	r.save("devloop.yaml", project)
	r.verdict(event.Live)
	r.want(everything)

	r.save("devloop.yaml", project+"nonsense: true\n")
	r.verdict(event.Broken, `unknown key "nonsense"`)
	r.save("values.yaml", "a: 9\n")
	r.verdict(event.Broken, "nonsense")
	r.want("apply shop")
	r.save("devloop.yaml", project)
	r.verdict(event.Live)
	r.want("")
}

func TestMissingInputsAreNamedAndComeBack(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.work()
	if err := os.Remove(filepath.Join(r.dir, "values.yaml")); err != nil {
		t.Fatal(err)
	}
	r.report("values.yaml")
	r.verdict(event.Broken, "values.yaml: make it, or correct releases.shop in devloop.yaml")
	r.want("")
	r.save("values.yaml", "a: 1\n")
	r.verdict(event.Live)
	r.want("apply shop")

	if err := os.Rename(filepath.Join(r.dir, "base"), filepath.Join(r.dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	r.verdict(event.Broken, "base: make it, or correct ")
	r.want("")
}
