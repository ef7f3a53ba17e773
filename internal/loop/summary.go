package loop

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
)

// finish completes the outcome with the last line of the iteration, and its
// failures in words.
func (w *worker) finish(ctx context.Context, out outcome) outcome {
	r := w.record
	r.mu.Lock()
	defer r.mu.Unlock()
	d := event.Done{Iteration: w.number, Cause: cause(w.cause, w.number), Verdict: event.Live, Took: time.Since(r.since), Stages: r.stages}
	if !r.wrote.IsZero() {
		d.Written = r.wrote.Sub(r.since)
	}
	out.cut = ctx.Err() != nil
	for _, im := range out.images {
		out.cut = out.cut || im.cut
	}
	switch {
	case out.cut:
		d.Verdict = event.Superseded
	case len(r.failures) > 0 || len(r.lacking) > 0:
		d.Verdict = event.Broken
	}
	d.Summary = r.summary()
	for _, f := range r.failures {
		out.failures = append(out.failures, f.Error)
	}
	out.done = d
	return out
}

// summary says what was done, most telling first.
func (r *recorder) summary() string {
	var words []string
	built, looked := 0, 0
	for _, s := range r.stages {
		if s.Name == "build" {
			looked++
			if !s.Skipped {
				built++
				words = append(words, "build "+s.Detail)
			}
		}
	}
	changed := false
	for _, s := range r.stages {
		if s.Name == "apply" && !s.Skipped {
			changed = true
			words = append(words, verb(r.results[s.Target].Action)+" "+s.Target+", "+s.Detail)
		}
	}
	if !changed && len(r.failures) == 0 {
		words = append(words, "nothing to deploy")
	}
	if built == 0 && len(r.failures) == 0 {
		why := "build skipped"
		if looked > 0 {
			why = "image is there already"
		}
		words = append(words, why)
	}
	for _, f := range r.failures {
		words = append(words, strings.TrimSpace(f.Stage+" "+f.Target)+" failed")
	}
	for _, name := range r.lacking {
		words = append(words, name+" left as it was")
	}
	return strings.Join(words, "; ")
}

func verb(a deploy.Action) string {
	if a == deploy.Installed {
		return "install"
	}
	return "upgrade"
}

func applyDetail(res deploy.Result) string {
	if res.Action == deploy.Unchanged {
		return fmt.Sprintf("in line with revision %d", res.Revision)
	}
	text := fmt.Sprintf("%d of %d objects", len(res.Written), res.Total)
	if len(res.Removed) > 0 {
		text += fmt.Sprintf(", %d removed", len(res.Removed))
	}
	return text + fmt.Sprintf(", revision %d", res.Revision)
}

// cause names what changed: one path, or the first and how many more.
func cause(paths []string, number int) string {
	switch {
	case len(paths) == 0 && number == 1:
		return "start"
	case len(paths) == 0:
		return "retry"
	case len(paths) == 1:
		return paths[0]
	}
	return fmt.Sprintf("%s and %d more", paths[0], len(paths)-1)
}
