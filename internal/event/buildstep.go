package event

import "time"

// BuildStep: a step of an image's build began, runs for long, or ended. What it
// prints is Output.
type BuildStep struct {
	Iteration int    `json:"iteration"`
	Target    string `json:"target"`
	Step      string `json:"step"` // as in "[2/5] COPY . ."
	// State is began, running (after a second, and every ten from then on), done,
	// cached or failed.
	State string        `json:"state"`
	Took  time.Duration `json:"took_ns,omitempty"` // so far, or in all
}

func (BuildStep) Kind() string { return "build_step" }
