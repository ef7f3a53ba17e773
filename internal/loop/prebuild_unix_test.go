//go:build unix

package loop

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// command is a project whose app is made by a shell command that runs for as long
// as the file hold is there, and counts its runs.
func (r *rig) command(script string) (runs func(n int), hold, free func()) {
	r.t.Helper()
	dir := r.t.TempDir()
	count, held := filepath.Join(dir, "runs"), filepath.Join(dir, "hold")
	script += "; r=$?; echo x >>" + count + "; while [ -e " + held + " ]; do sleep 0.01; done; exit $r"
	r.write("devloop.yaml", strings.Replace(project, "{context: app}", "{context: app, prebuild: [sh, -c, \""+script+"\"]}", 1))
	r.write("app/.dockerignore", "*\n!bin\n")
	runs = func(n int) {
		r.t.Helper()
		deadline := time.Now().Add(enough)
		for {
			data, _ := os.ReadFile(count)
			if len(data) >= 2*n {
				return
			}
			if time.Now().After(deadline) {
				r.t.Fatalf("the command ran %d times, want %d", len(data)/2, n)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	hold = func() {
		if err := os.WriteFile(held, nil, 0o644); err != nil {
			r.t.Error(err)
		}
	}
	free = func() { _ = os.Remove(held) }
	r.t.Cleanup(free)
	return runs, hold, free
}

func (r *rig) read(name string) string {
	r.t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, filepath.FromSlash(name)))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

func TestASaveDuringPrebuildIsNeverMissed(t *testing.T) {
	r := newRig(t)
	r.write("app/util.go", "u1\n")
	runs, hold, free := r.command("cat main.go util.go >bin")
	hold()
	r.start()
	runs(1)
	r.save("app/main.go", "m2\n") // during the first run, when nothing is learned
	free()
	r.verdict(event.Live)
	if got := r.read("app/bin"); got != "m2\nu1\n" {
		t.Errorf("binary of %q after a save during the first run", got)
	}
	hold()
	r.save("app/util.go", "u2\n")
	r.save("app/main.go", "m3\n")
	free()
	r.verdict(event.Live)
	if got := r.read("app/bin"); got != "m3\nu2\n" {
		t.Errorf("binary of %q, want that of the newest sources", got)
	}
}

func TestAFailingPrebuildThatWritesIsTriedOnce(t *testing.T) {
	r := newRig(t)
	r.command("date +%s%N >build.log; false")
	r.start()
	r.verdict(event.Broken, "image app")
	r.report("app/build.log")
	r.verdict(event.Broken, "image app")
	if n := r.failed(); n != 1 {
		t.Errorf("failure told %d times for the same files", n)
	}
}

func TestASaveEndsTheRolloutOfAPrebuiltImage(t *testing.T) {
	r := newRig(t)
	r.write("app/bin", "package main\n") // as after a restart: nothing is learned
	r.command("head -1 main.go >bin")
	r.start()
	r.verdict(event.Live)
	entered := r.holdRollouts(nil)
	r.save("app/main.go", "package crashes\n")
	<-entered
	r.freeRollouts()
	r.save("app/main.go", "package mended\n")
	r.verdict(event.Live) // or the rollout would hang
	if got := r.read("app/bin"); got != "package mended\n" {
		t.Errorf("binary of %q", got)
	}
}

func TestEverySaveEndsThePrebuildBeforeIt(t *testing.T) {
	r := newRig(t)
	runs, hold, free := r.command("cp main.go bin")
	r.start()
	r.verdict(event.Live)
	hold()
	defer free()
	runs(2) // of the start
	for i, text := range []string{"v2\n", "v3\n", "v4\n"} {
		r.save("app/main.go", text)
		runs(3 + i) // while the run before is held
	}
}

// What a worker was given of the files stays as it was: another one may be reading it.
func TestWhatACommandLeavesIsNotWrittenIntoTheLook(t *testing.T) {
	r := newRig(t)
	runs, hold, free := r.command("date +%s%N >stamp")
	hold()
	r.start()
	runs(1)
	given, err := ask(t.Context(), r.loop, func(_ context.Context, o *owner, answer chan<- look) { answer <- o.files })
	if err != nil {
		t.Fatal(err)
	}
	before := clone(given.state)
	free()
	r.idleBut("") // without a look that anybody asks for
	if paths := before.Images["app"].Inputs.Diff(given.state.Images["app"].Inputs); len(paths) > 0 {
		t.Errorf("%q of the look changed", paths)
	}
}

func TestPrebuild(t *testing.T) {
	r := newRig(t)
	// The command writes something new into its own context each time, and what
	// the image is made of only depends on one line of the source.
	r.write("devloop.yaml", strings.Replace(project, "{context: app}",
		`{context: app, prebuild: [sh, -c, "date +%s%N >stamp; head -1 main.go >bin"]}`, 1))
	r.write("app/.dockerignore", "*\n!bin\n")
	r.start()
	r.verdict(event.Live)
	r.want(everything)
	for _, output := range []string{"app/stamp", "app/bin"} {
		r.report(output)
		r.verdict(event.Live)
	}
	if s := r.settled(); s.Iteration != 1 {
		t.Errorf("what the command writes made %d iterations", s.Iteration-1)
	}

	r.save("app/main.go", "package main\n// the same binary\n")
	r.verdict(event.Live)
	r.want("") // same content of the image, same tag, nothing to deploy

	r.save("app/main.go", "package other\n")
	r.verdict(event.Live)
	r.want("apply admin, apply shop, build app")

	r.save("app/bin", "edited by hand\n")
	r.verdict(event.Live)
	r.want("") // made anew from its source
	data, err := os.ReadFile(filepath.Join(r.dir, "app", "bin"))
	if err != nil || string(data) != "package other\n" {
		t.Errorf("output %q, %v, want it made anew", data, err)
	}
}
