//go:build unix

package loop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/event"
)

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
