package experiment

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/filetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// made is a run of small with these seconds for devloop and helm; a negative value
// is a trial that was not verified within 10 s. The first values are of round 0.
func made(t *testing.T, devloop, helm []float64) *Run {
	t.Helper()
	var b bytes.Buffer
	write := func(record any) {
		data, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	write(Header{Type: "run", Version: 1, Name: "small", Seed: 3, Rounds: len(devloop) - 1, Scenarios: []string{"A"}, Spec: small,
		Arms: []ArmInfo{{Name: "devloop"}, {Name: "helm"}}})
	for arm, list := range map[string][]float64{"devloop": devloop, "helm": helm} {
		for round, v := range list {
			trial := Trial{Type: "trial", Round: round, Scenario: "A", Arm: arm, Outcome: Seen, Seconds: v, Limit: 10,
				Stages: []Stage{{"apply", v / 2}}}
			if v < 0 {
				trial.Outcome, trial.Seconds, trial.Stages = Timeout, 10.001, nil
			}
			write(trial)
		}
	}
	write(End{Type: "end"})
	path := filepath.Join(t.TempDir(), RawFile)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	run, err := ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// spread is a first value and then n values about a middle.
func spread(first, middle float64, n int) []float64 {
	out := []float64{first}
	for i := range n {
		out = append(out, middle*(1+0.01*float64(i%5-2)))
	}
	return out
}

func TestFirstRunsCountNowhereElse(t *testing.T) {
	s := Summarize(made(t, []float64{99, 1, 2, 3}, []float64{50, 10, 30, 20}))
	cell := s.Steps[0].Arms[0]
	if cell.Median.String() != "2.00 s" || cell.P95.Value != 3 || cell.Mean.Value != 2 || len(cell.Trials) != 3 {
		t.Errorf("%+v", cell)
	}
	if cell.first() != "99.0 s" || cell.Stages[0] != (Stage{"apply", 1}) {
		t.Errorf("first %s, stages %v", cell.first(), cell.Stages)
	}
	if r := s.Steps[0].Ratios[0]; r.Value != 0.1 || r.Rounds != 3 {
		t.Errorf("ratio %+v, want 2 / 20", r)
	}
}

func TestAClaimNeedsTheWholeInterval(t *testing.T) {
	tests := map[string]struct {
		devloop, helm []float64
		shown         bool
	}{
		"far below":              {spread(9, 1, 12), spread(9, 20, 12), true},
		"just not":               {spread(9, 1, 12), spread(9, 9.9, 12), false},
		"median only":            {append(spread(9, 0.9, 7), 1.4, 1.4, 1.4, 1.4, 1.4), spread(9, 10, 12), false},
		"too few":                {spread(9, 1, 9), spread(9, 20, 9), false},
		"subject times out":      {append(spread(9, 1, 7), -1, -1, -1, -1, -1), spread(9, 20, 12), false},
		"the other times out":    {spread(9, 0.5, 12), append(spread(9, 9, 4), -1, -1, -1, -1, -1, -1, -1, -1), true},
		"but not long enough":    {spread(9, 1.1, 12), append(spread(9, 9, 4), -1, -1, -1, -1, -1, -1, -1, -1), false},
		"subject times out once": {append(spread(9, 1, 11), -1), spread(9, 20, 12), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := Summarize(made(t, tt.devloop, tt.helm))
			if got := s.Claims[0]; got.Shown != tt.shown {
				t.Errorf("%s: shown %v, %s", got.Text, got.Shown, got.Why)
			}
		})
	}
}

func TestTimeoutsAreCensoredNotDropped(t *testing.T) {
	s := Summarize(made(t, []float64{1, 1, 2, -1}, []float64{1, -1, -1, 4}))
	devloop, helm := s.Steps[0].Arms[0], s.Steps[0].Arms[1]
	if devloop.Censored != 1 || len(devloop.Trials) != 3 || devloop.Median.AtLeast || devloop.Median.Value != 2 || devloop.P95.String() != "> 10.0 s" {
		t.Errorf("devloop %+v", devloop)
	}
	if helm.Median.String() != "> 10.0 s" {
		t.Errorf("helm's median is %s, and 2 of 3 took longer than 10 s", helm.Median)
	}
	if in := s.Steps[0].Ratios[0].Interval; !math.IsInf(in.High, 1) || in.Low != 0 {
		t.Errorf("interval %+v: where medians are not known it has no ends", in)
	}
	var b bytes.Buffer
	if err := s.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| **A** | devloop | 3 | 2.00 s | > 10.0 s |", "Not verified:", "timeout after 10.0 s"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &b)
		}
	}
}

func TestTheSummaryIsTheSameEachTime(t *testing.T) {
	run := made(t, spread(9, 1, 12), spread(9, 20, 12))
	var a, b bytes.Buffer
	if err := Summarize(run).Markdown(&a); err != nil {
		t.Fatal(err)
	}
	if err := Summarize(run).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("two reports of one run differ")
	}
}

func TestARunThatWasKilledIsReadUntilThere(t *testing.T) {
	run := made(t, spread(9, 1, 12), spread(9, 20, 12))
	path := filepath.Join(t.TempDir(), RawFile)
	header, err := json.Marshal(run.Header)
	if err != nil {
		t.Fatal(err)
	}
	trial, err := json.Marshal(run.Trials[0])
	if err != nil {
		t.Fatal(err)
	}
	text := string(header) + "\n" + string(trial) + "\n" + string(trial[:20])
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRun(path)
	if err != nil || len(got.Trials) != 1 {
		t.Fatal(got, err)
	}
	if facts := strings.Join(Summarize(got).Facts(), "\n"); !strings.Contains(facts, "INCOMPLETE") {
		t.Errorf("the report does not say that the run is incomplete:\n%s", facts)
	}
	if err := os.WriteFile(path, []byte(string(header)+"\nnonsense\n"+string(trial)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRun(path); err == nil || !strings.Contains(err.Error(), RawFile+":2: not a line of JSON") {
		t.Errorf("nonsense in the middle: %v", err)
	}
}

func TestCompareTellsADifferenceFromNone(t *testing.T) {
	before := Summarize(made(t, spread(9, 1, 12), spread(9, 20, 12)))
	after := Summarize(made(t, spread(9, 0.5, 12), spread(9, 20.1, 12)))
	c, err := Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	filetest.Golden(t, *update, "testdata/compare.json", string(data)+"\n")
	for _, want := range []string{"| A | devloop | 12 | 12 | 0.99 s | 0.50 s | 0.5 |", "| faster |", "no difference shown"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the comparison lacks %q:\n%s", want, &b)
		}
	}
}

func TestAgainstIsTheBaselineByKind(t *testing.T) {
	run := made(t, spread(9, 1, 10), []float64{9, 20, 22, 21, 20, 22, 21, 20, 22, 21, 21})
	run.Spec.Scenarios[0].Kind = "values"
	if arm, seconds := Summarize(run).Against(); arm != "helm" || len(seconds) != 1 || seconds["values"] != 21 {
		t.Errorf("%s: %v", arm, seconds)
	}
	run = made(t, spread(9, 1, 3), spread(9, 20, 3))
	run.Spec.Scenarios[0].Kind = "values"
	if arm, seconds := Summarize(run).Against(); len(seconds) > 0 {
		t.Errorf("a baseline of 3 rounds against %s: %v", arm, seconds)
	}
}
