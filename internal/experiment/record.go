package experiment

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// recordVersion is the version of the form of a run's lines.
const recordVersion = 1

// Header is the first line of a run's raw data: what the figures depend on.
type Header struct {
	Type    string    `json:"type"` // run
	Version int       `json:"v"`
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Seed    uint64    `json:"seed"` // of the order and the pauses
	Rounds  int       `json:"rounds"`
	Machine Machine   `json:"machine"`
	Git     Git       `json:"git"` // of the project
	Arms    []ArmInfo `json:"arms"`
	// Scenarios are the names of those that are run.
	Scenarios []string `json:"scenarios"`
	Spec      string   `json:"spec"` // the experiment's file, as it was
}

// Machine is what a run was made on.
type Machine struct {
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Processor  string `json:"processor,omitempty"`
	Cores      int    `json:"cores"`
	Memory     int64  `json:"memory_bytes,omitempty"`
	Kubernetes string `json:"kubernetes"`
	Nodes      int    `json:"nodes"`
	Devloop    string `json:"devloop"` // that ran the experiment
	Go         string `json:"go"`      // that built it
}

// Git is the state of a folder under version control.
type Git struct {
	Commit  string `json:"commit,omitempty"`
	Changed int    `json:"changed_files"` // in the folder, not committed
}

// ArmInfo is an arm as it was run.
type ArmInfo struct {
	Name    string `json:"name"`
	Command string `json:"command"`
	Version string `json:"version,omitempty"` // of the tool, by its own words
}

// Prepared is how long an arm took from nothing until the base state was there.
type Prepared struct {
	Type    string  `json:"type"` // prepared
	Arm     string  `json:"arm"`
	Seconds float64 `json:"seconds"`
}

// Outcome is how a trial ended.
type Outcome string

// The outcomes. Timeout: not verified in time, so all that is known is that it
// takes longer. Failed: the arm's command or the observer failed.
const (
	Seen    Outcome = "verified"
	Timeout Outcome = "timeout"
	Failed  Outcome = "failed"
)

// Trial is one step of a scenario in one arm.
type Trial struct {
	Type     string  `json:"type"` // trial
	Number   int     `json:"number"`
	Round    int     `json:"round"` // 0: the first run of each scenario in each arm
	Scenario string  `json:"scenario"`
	Step     string  `json:"step,omitempty"`
	Arm      string  `json:"arm"`
	At       float64 `json:"at"` // seconds since the run began
	Outcome  Outcome `json:"outcome"`
	// Seconds from before the save until the state was seen; without one, until the
	// observer gave up.
	Seconds float64 `json:"seconds"`
	Limit   float64 `json:"limit"` // the timeout
	Load    float64 `json:"load"`  // the machine's load average of the last minute, before
	Error   string  `json:"error,omitempty"`
	Stages  []Stage `json:"stages,omitempty"`
}

// End is the last line. A run without it was killed.
type End struct {
	Type  string    `json:"type"` // end
	Ended time.Time `json:"ended"`
	Error string    `json:"error,omitempty"` // why it ended before all was done
}

// Run is the raw data of a run.
type Run struct {
	Header   Header
	Prepared []Prepared
	Trials   []Trial
	End      *End
	Spec     *Spec // of Header
}

// journal writes raw data, each line whole and at once.
type journal struct{ f *os.File }

func (j journal) write(record any) error {
	data, err := json.Marshal(record)
	if err == nil {
		_, err = j.f.Write(append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the raw data: %w", err)
	}
	return nil
}

// ReadRun reads the raw data of a run, also of one that was killed.
func ReadRun(path string) (*Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the raw data: %w", err)
	}
	defer f.Close()
	r := &Run{}
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if bad := r.take(line); bad != nil && err == io.EOF && n > 1 {
				break // its writer was killed within the line
			} else if bad != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, n, bad)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the raw data: %w", err)
		}
	}
	if r.Header.Type == "" {
		return nil, fmt.Errorf("%s:1: this is not the raw data of an experiment: its first line must be of type run", path)
	}
	if r.Spec, err = Parse(path, []byte(r.Header.Spec)); err != nil {
		return nil, fmt.Errorf("%s:1: the experiment's file in it: %w", path, err)
	}
	return r, nil
}

func (r *Run) take(line []byte) error {
	var head struct{ Type string }
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("not a line of JSON: %w", err)
	}
	if (head.Type == "run") != (r.Header.Type == "") {
		return fmt.Errorf("a line of type %q is out of place", head.Type)
	}
	var err error
	switch head.Type {
	case "run":
		if err = json.Unmarshal(line, &r.Header); err == nil && r.Header.Version != recordVersion {
			err = fmt.Errorf("it has version %d, and this devloop reads %d", r.Header.Version, recordVersion)
		}
	case "prepared":
		var p Prepared
		err = json.Unmarshal(line, &p)
		r.Prepared = append(r.Prepared, p)
	case "trial":
		var t Trial
		err = json.Unmarshal(line, &t)
		r.Trials = append(r.Trials, t)
	case "end":
		r.End = &End{}
		err = json.Unmarshal(line, r.End)
	}
	return err
}
