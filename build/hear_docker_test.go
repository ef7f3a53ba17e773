//go:build sandbox

package build

import (
	"crypto/rand"
	"testing"
	"time"
)

func TestRealHearTellsOfNamesAndOutlivesARestart(t *testing.T) {
	cli := realDocker(t)
	host, _, drop := cutOff(t)
	far, err := Connect(t.Context(), ConnectOptions{Env: env(t, map[string]string{"DOCKER_HOST": host})})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	s := Spec{Name: "devloop-test/heard", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": rand.Text()})}
	img := mustBuild(t, cli, s, inputs(t, s))

	ctx := t.Context()
	names, over := make(chan string), make(chan struct{})
	t.Cleanup(func() { <-over })
	go func() {
		defer close(over)
		Hear(ctx, far, func(name string) {
			select {
			case names <- name:
			case <-ctx.Done():
			}
		})
	}()
	// Others use this docker too: names are waited for, and asked for until the
	// listener is there.
	wait := func(name string, ask func()) {
		t.Helper()
		deadline := time.After(20 * time.Second)
		for {
			ask()
			select {
			case got := <-names:
				if got == name {
					return
				}
			case <-time.After(50 * time.Millisecond):
			case <-deadline:
				t.Fatalf("was not told of %q", name)
			}
		}
	}
	tag := func(name string) func() {
		remove(t, cli, name)
		return func() {
			if err := cli.ImageTag(t.Context(), img.ID, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	wait("devloop-test/heard:1", tag("devloop-test/heard:1"))
	wait("devloop-test/heard", tag("devloop-test/heard:latest"))
	drop()
	wait("", func() {})
	wait("devloop-test/heard:2", tag("devloop-test/heard:2"))
}
