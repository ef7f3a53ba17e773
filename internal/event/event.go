package event

import "time"

// Event is one thing that happened. Kind is its name in JSON.
type Event interface{ Kind() string }

// Sink takes events. It must be safe for concurrent use and must not block for
// long: the loop waits for it.
type Sink func(Event)

// Tee sends each event to all the sinks, in order.
func Tee(sinks ...Sink) Sink {
	return func(e Event) {
		for _, s := range sinks {
			s(e)
		}
	}
}

// Started: the loop knows its project and its cluster.
type Started struct {
	Project string `json:"project"`
	Context string `json:"context"` // kubeconfig context
	Images  string `json:"images"`  // where images go, in words
}

// Changed: a save was noticed and iteration N begins because of it. Paths are
// relative to the project folder; none at the first look and on a retry.
type Changed struct {
	Iteration int      `json:"iteration"`
	Paths     []string `json:"paths,omitempty"`
	First     bool     `json:"first,omitempty"` // nothing is known yet: every target is looked at
	// Saved is when the first of these saves was noticed.
	Saved time.Time `json:"saved"`
}

// Action is one step of a plan, with the reason for it in words.
type Action struct {
	Do     string `json:"do"` // sync, upgrade, rebuild, reload
	Target string `json:"target,omitempty"`
	Reason string `json:"reason"`
}

// Planned: what iteration N is going to do, and why.
type Planned struct {
	Iteration int      `json:"iteration"`
	Actions   []Action `json:"actions"`
}

// Unchanged: files were written, but no digest differs, so nothing is done.
type Unchanged struct {
	Paths []string `json:"paths"`
}

// Output is a line of a build or of a prebuild command.
type Output struct {
	Iteration int    `json:"iteration"`
	Target    string `json:"target"`
	Text      string `json:"text"`
}

// Stage is a finished part of an iteration, most often work on one target. Names,
// in the order of an iteration: settle (from the first save until nothing more
// came), hash (reading the files), plan (what is left until the plan), sync (files
// into running containers), prebuild, build, load, render, apply, rollout, log (from the save to the first line of a
// new pod, which may come after Done).
type Stage struct {
	Iteration int           `json:"iteration"`
	Name      string        `json:"name"`
	Target    string        `json:"target,omitempty"`
	Detail    string        `json:"detail,omitempty"`
	Skipped   bool          `json:"skipped,omitempty"` // looked at and found in place already
	Took      time.Duration `json:"took_ns"`
	Parts     []Part        `json:"parts,omitempty"` // what it was spent on, as far as told
}

// Part is a part of a stage.
type Part struct {
	Name string        `json:"name"` // of apply: read, write, record; of build: context
	Took time.Duration `json:"took_ns"`
}

// Progress is how far a rollout has come.
type Progress struct {
	Iteration int    `json:"iteration"`
	Release   string `json:"release"`
	Ready     int    `json:"ready"` // of Total objects
	Total     int    `json:"total"`
	PodsReady int    `json:"pods_ready,omitempty"` // of Pods
	Pods      int    `json:"pods,omitempty"`       // that its workloads want; those of jobs are not counted
	Waiting   string `json:"waiting,omitempty"`    // what it waits for, in the cluster's words
}

// Failed: a piece of work failed. The loop goes on and waits for the next save.
type Failed struct {
	Iteration  int    `json:"iteration"`
	Target     string `json:"target,omitempty"`
	TargetKind string `json:"target_kind,omitempty"`
	Stage      string `json:"stage"`
	Error      string `json:"error"`
	Hint       string `json:"hint,omitempty"` // what to do about it
}

// Drift: an object of a release is not as its manifest says, because somebody
// else deleted or edited it.
type Drift struct {
	Release   string   `json:"release"`
	Object    string   `json:"object"` // Kind/name
	Gone      bool     `json:"gone,omitempty"`
	Fields    []string `json:"fields,omitempty"`  // in words; values of secrets are masked
	Manager   string   `json:"manager,omitempty"` // who wrote them, by managedFields
	Corrected bool     `json:"corrected,omitempty"`
	GaveUp    bool     `json:"gave_up,omitempty"` // came back too often, and is left alone
	Text      string   `json:"text"`              // all of it in a line
}

// Verdict says how an iteration, or the state of the whole project, came out.
type Verdict string

// The verdicts. Superseded: a newer save came before the end.
const (
	Live       Verdict = "live"
	Broken     Verdict = "failed"
	Superseded Verdict = "superseded"
)

// Done: iteration N is over.
type Done struct {
	Iteration int           `json:"iteration"`
	Verdict   Verdict       `json:"verdict"`
	Cause     string        `json:"cause"`            // what changed
	Summary   string        `json:"summary"`          // what was done
	Passed    []string      `json:"passed,omitempty"` // targets that a newer save took over
	Written   time.Duration `json:"written_ns,omitempty"`
	Took      time.Duration `json:"took_ns"` // from the save to ready
	Stages    []Stage       `json:"stages,omitempty"`
}

// Log is a line a container wrote.
type Log struct {
	Time      time.Time `json:"log_time"`
	Release   string    `json:"release"`
	Namespace string    `json:"namespace"`
	Pod       string    `json:"pod"`
	Container string    `json:"container"`
	Text      string    `json:"text"`
}

// Notice is something the user should know that is no failure.
type Notice struct {
	Text string `json:"text"`
	// Mends is the stage of a Failed without a target that is over by this.
	Mends string `json:"mends,omitempty"`
}

// Question is one that the user is asked on the terminal, while the loop goes on.
// The answer is read from there.
type Question struct {
	Text string `json:"text"`
}

// Stopping: the loop was asked to end. Finishing names a write to the cluster
// that is ended first.
type Stopping struct {
	Finishing string `json:"finishing,omitempty"`
}

func (Started) Kind() string   { return "started" }
func (Changed) Kind() string   { return "changed" }
func (Planned) Kind() string   { return "planned" }
func (Unchanged) Kind() string { return "unchanged" }
func (Output) Kind() string    { return "output" }
func (Stage) Kind() string     { return "stage" }
func (Progress) Kind() string  { return "progress" }
func (Failed) Kind() string    { return "failed" }
func (Drift) Kind() string     { return "drift" }
func (Done) Kind() string      { return "done" }
func (Log) Kind() string       { return "log" }
func (Notice) Kind() string    { return "notice" }
func (Question) Kind() string  { return "question" }
func (Stopping) Kind() string  { return "stopping" }
