package loop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/digest"
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
	writing  []string               // releases being written to the cluster right now
	trees    map[string]digest.Tree // what an image's prebuild command left
	wrote    time.Time              // when the last write to the cluster ended; zero if there was none
}

func newRecorder(emit event.Sink, number int, since time.Time) *recorder {
	return &recorder{emit: emit, number: number, since: since, results: map[string]deploy.Result{}, trees: map[string]digest.Tree{}}
}

func (r *recorder) stage(s event.Stage) {
	s.Iteration = r.number
	r.mu.Lock()
	r.stages = append(r.stages, s)
	r.mu.Unlock()
	r.emit(s)
}

// failed tells a failure, unless the work was merely cut short.
func (r *recorder) failed(ctx context.Context, name, stage string, err error) {
	if cut(ctx, err) {
		return
	}
	f := event.Failed{Iteration: r.number, Target: name, Stage: stage, Error: explain(err), Hint: hint(err)}
	r.mu.Lock()
	r.failures = append(r.failures, f)
	r.mu.Unlock()
	r.emit(f)
}

// waits tells that a release was left alone because something it uses failed.
func (r *recorder) waits(name, lacks string) {
	r.mu.Lock()
	r.lacking = append(r.lacking, name)
	r.mu.Unlock()
	r.emit(event.Notice{Text: "release " + name + " waits for " + lacks})
}

// left notes the inputs of an image as its prebuild command left them.
func (r *recorder) left(name string, tree digest.Tree) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trees[name] = tree
}

// inputs are those that left noted, if the command has ended.
func (r *recorder) inputs(name string) (tree digest.Tree, ended bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tree, ended = r.trees[name]
	return tree, ended
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
func (r *recorder) unfinished() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.writing, ", ")
}

func (r *recorder) applied(name string, res deploy.Result) {
	r.mu.Lock()
	r.results[name] = res
	if res.Action != deploy.Unchanged {
		r.wrote = time.Now()
	}
	r.mu.Unlock()
	if res.Repaired != "" {
		r.emit(event.Notice{Text: "release " + name + ": " + res.Repaired})
	}
}

// explain is an error in full: with the last log lines of the containers that
// failed.
func explain(err error) string {
	var rollout *deploy.RolloutError
	if !errors.As(err, &rollout) {
		return err.Error()
	}
	var b strings.Builder
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
