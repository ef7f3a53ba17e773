package build

import (
	"fmt"
	"time"
)

// StepState says what happened to a step of a build.
type StepState string

// The states of a step. Running comes once a step has taken a second, and again
// after each further ten; Printed for each line of output.
const (
	StepBegan   StepState = "began"
	StepRunning StepState = "running"
	StepDone    StepState = "done"
	StepCached  StepState = "cached"
	StepFailed  StepState = "failed"
	StepPrinted StepState = "printed"
)

const (
	slowAfter  = time.Second
	slowRepeat = 10 * time.Second
)

// Step is something a build has to tell. Steps of stages side by side mix.
type Step struct {
	// Name is the instruction and where it stands, as in "[2/5] COPY . .", or what
	// docker does beside, as in "load build context"; empty for output of none.
	Name  string
	State StepState
	// Took is the time so far, or in all.
	Took time.Duration
	// Output is one line, without its end, that the step printed. Only with
	// StepPrinted. What secrets hold is masked.
	Output string
}

// String is the step in a line.
func (s Step) String() string {
	switch s.State {
	case StepPrinted:
		return s.Output
	case StepBegan:
		return s.Name
	case StepCached:
		return s.Name + " (cached)"
	}
	return fmt.Sprintf("%s (%s, %.1f s)", s.Name, s.State, s.Took.Seconds())
}
