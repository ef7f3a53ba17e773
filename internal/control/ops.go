package control

// The requests that a running devloop up answers.
const (
	Status = "status" // for its loop.Snapshot, at once
	Wait   = "wait"   // for its loop.Status, when the files are live or have failed
	Retry  = "retry"  // to try again what failed; the answer names it
	Pause  = "pause"  // to begin no work any more
	Resume = "resume" // to end the pause
)
