package loop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
)

// recorder keeps what happened in one iteration, tells it as events and draws
// the iteration's last line from it. Workers side by side use it.
type recorder struct {
	emit   event.Sink
	number int
	since  time.Time // of the save

	mu       sync.Mutex
	stages   []event.Stage
	failures []event.Failed
	results  map[string]deploy.Result
	lacking  []string
	writing  []string  // releases being written to the cluster right now
	wrote    time.Time // when the last write to the cluster ended; zero if there was none
}

func newRecorder(emit event.Sink, number int, since time.Time) *recorder {
	return &recorder{emit: emit, number: number, since: since, results: map[string]deploy.Result{}}
}

func (r *recorder) stage(s event.Stage) {
	s.Iteration = r.number
	r.mu.Lock()
	r.stages = append(r.stages, s)
	r.mu.Unlock()
	r.emit(s)
}

// synced is stage for files that were copied into containers: the cluster is
// written to by that.
func (r *recorder) synced(s event.Stage) {
	r.mu.Lock()
	r.wrote = time.Now()
	r.mu.Unlock()
	r.stage(s)
}

// failed tells a failure, unless the work was merely cut short.
func (r *recorder) failed(ctx context.Context, t target, stage string, err error) {
	if cut(ctx, err) {
		return
	}
	f := event.Failed{Iteration: r.number, Target: t.name, TargetKind: string(t.kind), Stage: stage, Error: explain(err), Hint: hint(err)}
	r.mu.Lock()
	r.failures = append(r.failures, f)
	r.mu.Unlock()
	r.emit(f)
}

// waits tells that a target was left alone because something it uses failed.
func (r *recorder) waits(t target, lacks string) {
	r.mu.Lock()
	r.lacking = append(r.lacking, t.name)
	r.mu.Unlock()
	r.emit(event.Waits{Iteration: r.number, Target: t.name, TargetKind: string(t.kind), For: lacks})
}

// begins tells that work on a target has come to a stage.
func (r *recorder) begins(t target, stage string) {
	r.emit(event.Began{Iteration: r.number, Target: t.name, TargetKind: string(t.kind), Stage: stage})
}

func (r *recorder) writes(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writing = append(r.writing, name)
}

func (r *recorder) written(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writing = slices.DeleteFunc(r.writing, func(n string) bool { return n == name })
}

// unfinished names the releases being written right now.
func (r *recorder) unfinished() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.writing)
}

// deployed tells the stages of an Apply that took so long in all.
func (r *recorder) deployed(res deploy.Result, took time.Duration) {
	s := res.Stages
	render := s.Load + s.Render
	r.stage(event.Stage{Name: "render", Target: res.Release, Took: render})
	apply := event.Stage{Name: "apply", Target: res.Release, Detail: applyDetail(res), Skipped: res.Action == deploy.Unchanged, Took: max(0, took-render)}
	if !apply.Skipped {
		apply.Parts = []event.Part{{Name: "read", Took: s.Read}, {Name: "write", Took: s.Write}, {Name: "record", Took: s.Record}}
	}
	r.stage(apply)
}

func (r *recorder) applied(name string, res deploy.Result) {
	r.mu.Lock()
	r.results[name] = res
	if res.Action != deploy.Unchanged {
		r.wrote = time.Now()
	}
	r.mu.Unlock()
	if res.Action != deploy.Unchanged {
		r.emit(event.Applied{Iteration: r.number, Release: name, Revision: res.Revision, Objects: objectChanges(res)})
	}
	if res.Repaired != "" {
		r.emit(event.Notice{Text: "release " + name + ": " + res.Repaired})
	}
}

// objectChanges are what an Apply did to each object, in the manifest's order.
func objectChanges(res deploy.Result) []event.ObjectChange {
	edits := map[string][]string{}
	for _, e := range res.Edits {
		edits[e.Object.String()] = e.Diff
	}
	var out []event.ObjectChange
	for _, o := range res.Written {
		c := event.ObjectChange{Object: o.String(), Change: "create"}
		if lines, patched := edits[c.Object]; patched {
			c.Change, c.Diff = "update", lines
		}
		out = append(out, c)
	}
	for _, o := range res.Removed {
		out = append(out, event.ObjectChange{Object: o.String(), Change: "delete"})
	}
	return out
}

// explain is an error in full: with the last log lines of the containers that
// failed.
func explain(err error) string {
	var rollout *deploy.RolloutError
	if !errors.As(err, &rollout) {
		return err.Error()
	}
	var b strings.Builder
	if rollout.Err != nil { // its time was up
		b.WriteString(strings.TrimSuffix(err.Error(), rollout.Error()))
	}
	for i, f := range rollout.Failures {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.String())
		for _, line := range f.Logs {
			b.WriteString("\n  | " + line)
		}
	}
	return b.String()
}

// hint is what to do about an error, where more can be said than in its text.
func hint(err error) string {
	var rollout *deploy.RolloutError
	if errors.As(err, &rollout) {
		return "the objects are written and stay as they are; mend the file and save"
	}
	var refused *deploy.ApplyError
	if errors.As(err, &refused) && refused.Remedy != "" {
		return "devloop up --" + string(refused.Remedy) + " does that"
	}
	return ""
}
