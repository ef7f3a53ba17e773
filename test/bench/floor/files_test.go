package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/experiment"
	"github.com/devloop-dev/devloop/internal/filetest"
)

const example = "../../../examples/sms-checker"

// The floor must know every edit of the experiment that it takes part in.
func TestEditsOfTheExperiment(t *testing.T) {
	spec, err := experiment.Load(filepath.Join(example, "experiments", "mttv.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	none, err := read(example)
	if err != nil {
		t.Fatal(err)
	}
	if none.replicas != 1 || none.banner != "" || none.delay || none.broken != "" {
		t.Fatalf("the example as it is: %+v", none)
	}
	a, b, c, d := none, none, none, none
	a.replicas, b.delay, d.banner = 3, true, "${unique}"
	broken := d
	broken.broken = "configmap.yaml:10"
	want := map[string]wish{"A": a, "B": b, "C": c, "D": d, "E error shown": broken, "E fix live": d}
	for _, s := range spec.Scenarios {
		if s.Arms != nil && !slices.Contains(s.Arms, "floor") {
			continue
		}
		have := contents(t)
		for _, step := range s.Steps {
			for _, e := range step.Edit {
				if strings.Count(have[e.File], e.Find) != 1 {
					t.Fatalf("%s: %q is not there once", e.File, e.Find)
				}
				have[e.File] = strings.Replace(have[e.File], e.Find, e.Replace, 1)
			}
			got, err := read(filetest.Lay(t, have))
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSpace(s.Name + " " + step.Name)
			if name == "C" {
				if got.code == none.code {
					t.Error("C: the line of Go was not seen")
				}
				got.code = none.code
			}
			if got != want[name] {
				t.Errorf("%s: got %+v, want %+v", name, got, want[name])
			}
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not in the experiment: %v", want)
	}
}

// contents are the files that the floor reads.
func contents(t *testing.T) map[string]string {
	out := map[string]string{}
	for _, file := range files() {
		data, err := os.ReadFile(filepath.Join(example, file))
		if err != nil {
			t.Fatal(err)
		}
		out[file] = string(data)
	}
	return out
}
