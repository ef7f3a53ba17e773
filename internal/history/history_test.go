package history

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// keep writes events and returns what is read again.
func keep(t *testing.T, path string, events ...event.Event) []Entry {
	t.Helper()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.Local)
	w, err := Open(path, func() time.Time { now = now.Add(time.Minute); return now }, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		w.Observe(e)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := Read(path, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// change is one iteration; a path of an image begins with app/.
func change(n int, took time.Duration, verdict event.Verdict, paths ...string) []event.Event {
	built := len(paths) > 0 && strings.HasPrefix(paths[0], "app/")
	planned := event.Planned{Iteration: n}
	stages := []event.Stage{{Name: "apply", Took: took / 4}, {Name: "rollout", Took: took / 2}}
	if built {
		planned.Actions = []event.Action{{Do: "rebuild", Target: "app"}}
		stages = append(stages, event.Stage{Name: "build", Took: took / 4}, event.Stage{Name: "build", Skipped: true})
	}
	return []event.Event{event.Changed{Iteration: n, Paths: paths, First: n == 1}, planned,
		event.Done{Iteration: n, Verdict: verdict, Took: took, Stages: stages}}
}

func TestEachChangeIsKeptWithItsKind(t *testing.T) {
	var events []event.Event
	for i, c := range []struct {
		path string
		kind string
	}{
		{"", Start}, {"values/local.yaml", Values}, {"chart/values.yaml", Values}, {"chart/templates/a.yaml", Template}, {"chart/Chart.yaml", Template},
		{"app/main.go", Image}, {"devloop.yaml", Config}, {"", Retry},
	} {
		var paths []string
		if c.path != "" {
			paths = []string{c.path}
		}
		events = append(events, change(i+1, time.Second, event.Live, paths...)...)
	}
	events = append(events, event.Unchanged{Paths: []string{"a", "b"}})
	entries := keep(t, filepath.Join(t.TempDir(), "sub", "h"), events...)
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, e.Kind)
	}
	if got, want := strings.Join(kinds, " "), "start values values template template image config retry nothing"; got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
	if e := entries[5]; e.Built != 1 || len(e.Stages) != 3 || e.Seconds != 1 {
		t.Errorf("the image's entry: %+v", e)
	}
}

func TestStats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	var events []event.Event
	n := 0
	add := func(took time.Duration, verdict event.Verdict, path string) {
		n++
		events = append(events, change(n, took, verdict, path)...)
	}
	add(time.Minute, event.Live, "") // the start
	for i := range 5 {
		add(time.Duration(i+1)*time.Second, event.Live, "values.yaml")
	}
	add(10*time.Second, event.Live, "app/main.go")
	add(time.Second, event.Broken, "values.yaml")
	add(time.Second, event.Superseded, "values.yaml")
	events = append(events, event.Unchanged{Paths: []string{"a"}})
	s := Work(keep(t, path, events...), &Baseline{Arm: "setup.sh", Seconds: map[string]float64{Values: 100}})
	if s.Changes != 6 || s.Failed != 1 || s.Superseded != 1 || s.Untouched != 1 || s.NoBuild != 5 {
		t.Errorf("%+v", s)
	}
	if k := s.Kinds[0]; k != (Kind{Values, 5, 3, 5, 3}) {
		t.Errorf("values: %+v", k)
	}
	if len(s.Days) != 1 || s.Days[0] != (Day{"2026-03-04", 6, 3.5}) {
		t.Errorf("days: %+v", s.Days)
	}
	if s.Stages[0].Name != "rollout" || math.Abs(s.Stages[0].Share-12.5/21.25) > 1e-9 {
		t.Errorf("stages: %+v", s.Stages)
	}
	if s.Saved.Changes != 5 || s.Saved.Seconds != 500-15 {
		t.Errorf("saved: %+v", s.Saved)
	}
}

func TestAHistoryStaysShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	line := `{"v":1,"time":"2026-03-04T12:00:00Z","kind":"values","verdict":"live","cause":"` + strings.Repeat("x", 900) + `"}` + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, mostBytes/len(line)+2)), 0o600); err != nil {
		t.Fatal(err)
	}
	entries := keep(t, path, change(1, time.Second, event.Live, "new.yaml")...)
	info, err := os.Stat(path)
	if err != nil || info.Size() > mostBytes*6/10 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	if last := entries[len(entries)-1]; last.Kind != Start || len(entries) < 1000 {
		t.Errorf("%d entries, the last is %+v", len(entries), last)
	}
}

func TestLinesOfOthersArePassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	if err := os.WriteFile(path, []byte("{\"v\":2}\nnonsense\n{\"v\":1,\"kind\":\"values\"}\n{\"v\":1,\"ki"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := Read(path, time.Time{})
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
