package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/devloop-dev/devloop/internal/experiment"
)

// example is a run of two scenarios in two arms with 12 rounds and one timeout.
func example(t *testing.T) *experiment.Summary {
	t.Helper()
	spec := `apiVersion: devloop/experiment/v1
name: example
arms: [{name: devloop, run: [a]}, {name: script, run: [b]}]
scenarios:
  - name: A
    title: a value <b>
    steps: [{edit: [{file: f, text: x}], verified: {output: {text: x}}}]
  - name: B
    steps: [{edit: [{file: f, text: x}], verified: {output: {text: x}}}]
claims: [{arm: devloop, against: script, less: 90}]
`
	var b bytes.Buffer
	write := func(record any) {
		data, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	write(experiment.Header{Type: "run", Version: 1, Name: "example", Seed: 1, Rounds: 12, Scenarios: []string{"A", "B"}, Spec: spec,
		Arms: []experiment.ArmInfo{{Name: "devloop"}, {Name: "script"}}})
	for round := range 13 {
		for _, s := range []string{"A", "B"} {
			for arm, middle := range map[string]float64{"devloop": 1, "script": 40} {
				trial := experiment.Trial{Type: "trial", Round: round, Scenario: s, Arm: arm, Outcome: experiment.Seen,
					Seconds: middle + 0.1*float64(round), Limit: 180, Stages: []experiment.Stage{{Name: "apply </script>", Seconds: middle / 2}}}
				if arm == "script" && s == "B" && round == 12 {
					trial.Outcome, trial.Seconds, trial.Stages = experiment.Timeout, 180, nil
				}
				write(trial)
			}
		}
	}
	write(experiment.End{Type: "end"})
	path := filepath.Join(t.TempDir(), experiment.RawFile)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	run, err := experiment.ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	return experiment.Summarize(run)
}

func TestThePageNeedsNothingElse(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, example(t)); err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?i)(src|href)\s*=\s*["']?https?:|@import|url\(https?:`).Find(b.Bytes()); found != nil {
		t.Errorf("the page fetches %q", found)
	}
}

// The library must be the one that hack/echarts.sh fetches.
func TestTheLibraryIsEcharts(t *testing.T) {
	r, err := gzip.NewReader(bytes.NewReader(library))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if got, want := hex.EncodeToString(sum[:]), "bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1"; got != want {
		t.Errorf("echarts.min.js has the digest %s, that of 5.6.0 is %s", got, want)
	}
}
