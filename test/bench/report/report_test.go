package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/stat"
)

func example() Report {
	return Report{Rows: []Row{
		{Scenario: "a", Work: "edit", Unit: Seconds, Arms: []string{Subject, "helm"},
			Samples: map[string]stat.Series{Subject: {0.09, 0.12, 0.08}, "helm": {5, 6}},
			Targets: []Target{{Most: 0.1}, {Times: 1. / 40, Of: "helm"}, {Times: 1.1, Of: "floor"}}},
		{Scenario: "a", Work: "writes", Arms: []string{Subject},
			Samples: map[string]stat.Series{Subject: {0, 0, 1}}, Targets: []Target{{Most: 0, Always: true}}},
	}}
}

func TestVerdicts(t *testing.T) {
	r := example()
	got := r.verdict(r.Rows[0])
	if want := "at most 0.100 s: met; at most 1/40 x helm: met"; got != want {
		t.Errorf("verdict %q, want %q", got, want)
	}
	if missed := r.Missed(); len(missed) != 1 || missed[0].Work != "writes" {
		t.Errorf("missed %v, want the row with one write among its runs", missed)
	}
	r.Rows[0].Samples["helm"] = stat.Series{3}
	if got := r.verdict(r.Rows[0]); !strings.Contains(got, "1/40 x helm: MISSED") {
		t.Errorf("0.09 s against 3 s: %q", got)
	}
	over := Row{Unit: Seconds, Samples: map[string]stat.Series{Subject: {0.6}, "go build": {0.55}}, Targets: []Target{{Times: 1, More: 0.1, Of: "go build"}}}
	if got, want := r.verdict(over), "at most 0.100 s over go build: met"; got != want {
		t.Errorf("0.6 s against 0.55 s: %q, want %q", got, want)
	}
	if over.Samples[Subject] = (stat.Series{0.66}); !strings.Contains(r.verdict(over), "MISSED") {
		t.Errorf("0.66 s against 0.55 s: %q", r.verdict(over))
	}
	r.Quick = true
	if missed := r.Missed(); len(missed) > 0 {
		t.Errorf("missed in a quick run: %v", missed)
	}
}

func TestDocsKeepTheirOwnText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "benchmarks.md")
	if err := os.WriteFile(path, []byte("# Title\n"+Begin+"\nold\n"+End+"\nend\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second run replaces the first one
		if err := example().WriteDocs(path); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if !strings.HasPrefix(text, "# Title\n") || !strings.HasSuffix(text, End+"\nend\n") || strings.Contains(text, "old") {
		t.Errorf("docs are\n%s", text)
	}
	if n := strings.Count(text, "| edit | devloop | 3 | 0.090 s | 0.120 s |"); n != 1 {
		t.Errorf("the row is there %d times:\n%s", n, text)
	}
	if err := os.WriteFile(path, []byte("# Title\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := example().WriteDocs(path); err == nil {
		t.Error("no error for docs without markers")
	}
}

func TestJSONHasSamplesAndVerdicts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	if err := example().WriteJSON(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Rows []struct {
			Samples map[string][]float64
			Median  map[string]float64
			Targets []Verdict
		}
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if r := got.Rows[0]; len(r.Samples["helm"]) != 2 || r.Median["devloop"] != 0.09 || len(r.Targets) != 2 {
		t.Errorf("row %+v", r)
	}
}
