package main

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/experiment"
	"github.com/devloop-dev/devloop/internal/stat"
)

func TestEventsBecomeIterations(t *testing.T) {
	stream := `{"v":1,"time":"2030-01-01T00:00:00.030Z","type":"changed","event":{"iteration":2}}
{"v":1,"time":"2030-01-01T00:00:00.031Z","type":"planned","event":{"iteration":2,"actions":[{"do":"upgrade"}]}}
{"v":1,"time":"2030-01-01T00:00:00.050Z","type":"log","event":{"text":"a container's line"}}
{"v":1,"time":"2030-01-01T00:00:00.100Z","type":"stage","event":{"name":"apply"}}
{"v":1,"time":"2030-01-01T00:00:00.600Z","type":"done","event":{"iteration":2,"verdict":"live"}}
{"v":1,"time":"2030-01-01T00:00:01.000Z","type":"changed","event":{"iteration":3}}
{"v":1,"time":"2030-01-01T00:00:01.100Z","type":"failed","event":{"stage":"render","error":"no such value"}}
{"v":1,"time":"2030-01-01T00:00:01.200Z","type":"done","event":{"iteration":3,"verdict":"failed"}}
`
	told := make(chan iteration, 2)
	if err := readEvents(strings.NewReader(stream), told); err != nil {
		t.Fatal(err)
	}
	saved := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	want := []float64{0.030, 0.001, 0.049, 0.020, 0.500}
	for i, got := range (<-told).parts(saved, saved.Add(80*time.Millisecond)) {
		if math.Abs(got-want[i]) > 1e-9 {
			t.Errorf("%s: %v s, want %v", partNames[i], got, want[i])
		}
	}
	if it := <-told; it.verdict != "failed" || len(it.failures) != 1 || it.failures[0] != "no such value" {
		t.Errorf("second iteration %+v, want the failure and nothing of the first one", it)
	}
	if err := readEvents(strings.NewReader("devloop: oops\n"), told); err == nil {
		t.Error("no error for a line that is no event")
	}
}

func TestArmsAreMixedInAnOrderThatTheSeedRepeats(t *testing.T) {
	order := func(seed uint64) string {
		b := &bench{out: io.Discard, random: rand.New(rand.NewPCG(seed, 0))}
		var got []string
		run := func(name string) arm {
			return arm{name, 4, func(context.Context) (sample, error) {
				got = append(got, name)
				return sample{Values: map[metric]float64{written: 1}}, nil
			}}
		}
		arms := []arm{run("a"), run("b")}
		samples, err := b.mixed(t.Context(), "test", arms)
		if err != nil {
			t.Fatal(err)
		}
		p := plan{Arms: append(arms, arm{Name: "never"}), Rows: []row{{Metric: written}, {Metric: ready}}}
		rows := p.rows("test", samples)
		if n := len(rows[0].Samples["b"]); n != 4 || len(rows[0].Arms) != 2 || len(rows[1].Arms) != 0 {
			t.Errorf("%d samples; arms %v and %v", n, rows[0].Arms, rows[1].Arms)
		}
		return strings.Join(got, "")
	}
	first := order(1)
	if first != order(1) || first == "aaaabbbb" || first == order(2) {
		t.Errorf("orders %s, %s (same seed), %s (another)", first, order(1), order(2))
	}
}

func TestFlags(t *testing.T) {
	o, err := parse([]string{"-quick", "-only", "replicas,umbrella"}, io.Discard)
	if err != nil || o.runs != 2 || o.slow != 1 || len(o.only) != 2 || o.seed == 0 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"-only", "replica"}, {"-runs", "0"}, {"extra"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestScenariosHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range names() {
		if seen[name] {
			t.Errorf("two scenarios are named %s", name)
		}
		seen[name] = true
	}
}

func TestChangesBecomeRows(t *testing.T) {
	trial := func(round int, arm string, seconds float64, o experiment.Outcome) experiment.Trial {
		return experiment.Trial{Round: round, Arm: arm, Seconds: seconds, Outcome: o}
	}
	first := experiment.Cell{Arm: "devloop", First: []experiment.Trial{trial(0, "devloop", 9, experiment.Seen)},
		Trials: []experiment.Trial{trial(1, "devloop", 1, experiment.Seen), trial(2, "devloop", 2, experiment.Seen)}}
	other := experiment.Cell{Arm: "helm", Trials: []experiment.Trial{trial(1, "helm", 3, experiment.Seen)}}
	s := &experiment.Summary{Steps: []experiment.StepSummary{{Scenario: "A", Title: "replicas", Arms: []experiment.Cell{first, other}}}}
	rows, err := changeRows(s)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	r := rows[0]
	if r.Work != "A: replicas" || !slices.Equal(r.Arms, []string{"devloop", "helm"}) || !slices.Equal(r.Samples["devloop"], stat.Series{1, 2}) ||
		len(r.Verdicts()) != 1 || !r.Verdicts()[0].Met {
		t.Errorf("%+v, %+v", r, r.Verdicts())
	}
	s.Steps[0].Arms[1].Trials[0].Outcome = experiment.Timeout
	if _, err := changeRows(s); err == nil || !strings.Contains(err.Error(), "A in arm helm, round 1") {
		t.Errorf("a trial that was not verified makes a table: %v", err)
	}
}
