package ui

import (
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// phase is where a target stands.
type phase string

const (
	unseen     phase = "unknown" // nothing was heard of it yet
	queued     phase = "queued"
	prebuild   phase = "prebuild"
	building   phase = "building"
	loading    phase = "loading"
	applying   phase = "applying"
	rollingOut phase = "rolling out"
	live       phase = "live"
	waiting    phase = "waiting" // for something that failed
	broken     phase = "failed"
)

// phaseOf is that of a stage that event.Began names.
func phaseOf(stage string) phase {
	return map[string]phase{"prebuild": prebuild, "build": building, "load": loading, "apply": applying, "rollout": rollingOut}[stage]
}

// works: something is being done about it, or is about to be.
func (p phase) works() bool {
	switch p {
	case queued, prebuild, building, loading, applying, rollingOut:
		return true
	}
	return false
}

// row is one image or release.
type row struct {
	kind, name   string
	phase        phase
	since        time.Time     // it is in this phase
	detail       string        // of work under way: the step, or what it waits for
	action       string        // what was done last
	took         time.Duration // and how long that took
	ready, total int           // pods of a release, or objects; total 0: not known

	iteration int       // that works on it
	began     time.Time // the work under way
	rest      phase     // before it
	restSince time.Time
}

func newRow(kind, name string, now time.Time) *row {
	return &row{kind: kind, name: name, phase: unseen, since: now}
}

func (r *row) enter(p phase, now time.Time) {
	if !r.phase.works() {
		r.rest, r.restSince = r.phase, r.since
	}
	if r.phase != p {
		r.since = now
	}
	r.phase, r.detail = p, ""
}

// settle ends the work under way.
func (r *row) settle(p phase, now time.Time) {
	if !r.began.IsZero() {
		r.took = now.Sub(r.began)
	}
	r.enter(p, now)
	r.began = time.Time{}
}

// undo goes back to what the row was before work that came to nothing.
func (r *row) undo() {
	r.phase, r.since, r.detail, r.began = r.rest, r.restSince, "", time.Time{}
}

func (r *row) begin(e event.Began, now time.Time) {
	if r.phase == queued || !r.phase.works() {
		r.began = now
	}
	r.iteration = e.Iteration
	r.enter(phaseOf(e.Stage), now)
}

// stage takes over what a finished stage has come to.
func (r *row) stage(e event.Stage, now time.Time) {
	switch e.Name {
	case "build":
		r.action = "built " + e.Detail
		if e.Skipped {
			r.action = e.Detail + " was there"
		}
	case "apply":
		r.action = e.Detail
	case "load", "rollout":
		r.settle(live, now)
	}
}
