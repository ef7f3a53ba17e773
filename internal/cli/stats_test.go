package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/history"
)

func TestStats(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	dir := t.TempDir()
	file := filepath.Join(dir, "devloop.yaml")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stats := func(args ...string) string {
		var out, errOut bytes.Buffer
		if code := Main(append([]string{"stats", "-f", dir}, args...), nil, &out, &errOut); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &errOut)
		}
		return out.String()
	}
	if got := stats(); !strings.Contains(got, "nothing is known of "+file) {
		t.Errorf("without a history: %s", got)
	}
	emit, closeHistory := keepHistory(file, func(e event.Event) {
		if n, is := e.(event.Notice); is {
			t.Error(n.Text)
		}
	})
	for i, path := range []string{"values.yaml", "values.yaml", "values.yaml"} {
		emit(event.Changed{Iteration: i + 2, Paths: []string{path}})
		emit(event.Done{Iteration: i + 2, Verdict: event.Live, Took: time.Duration(i+1) * time.Second, Stages: []event.Stage{{Name: "rollout", Took: time.Second}}})
	}
	if err := closeHistory(); err != nil {
		t.Fatal(err)
	}
	if err := (history.Baseline{Experiment: "x", Arm: "setup.sh", Recorded: time.Now(), Seconds: map[string]float64{history.Values: 61}}).Save(file); err != nil {
		t.Fatal(err)
	}
	got := stats()
	for _, want := range []string{"3 changes live, 0 failed", "values  3  2.00 s  3.00 s  2.00 s", "rollout  100 %", "no build was needed for 3 of 3 changes", "saved 2m57s in 3 changes against setup.sh"} {
		if !strings.Contains(got, want) {
			t.Errorf("stats lack %q:\n%s", want, got)
		}
	}
	var s history.Stats
	if err := json.Unmarshal([]byte(stats("-o", "json")), &s); err != nil || s.Changes != 3 || s.Saved.Seconds != 177 {
		t.Errorf("%+v, %v", s, err)
	}
}
