package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/experiment"
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
		dir := copied(t)
		for _, step := range s.Steps {
			for _, e := range step.Edit {
				edit(t, filepath.Join(dir, e.File), e.Find, e.Replace)
			}
			got, err := read(dir)
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

// copied has the files that the floor reads.
func copied(t *testing.T) string {
	dir := t.TempDir()
	for _, folder := range folders() {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files() {
		data, err := os.ReadFile(filepath.Join(example, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func edit(t *testing.T, path, find, replace string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil && strings.Count(string(data), find) != 1 {
		t.Fatalf("%s: %q is not there once", path, find)
	}
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(data), find, replace, 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
