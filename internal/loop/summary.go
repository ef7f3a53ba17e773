package loop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/event"
)

// done is the last line of the iteration.
func (it *iteration) done() event.Done {
	r := it.record
	r.mu.Lock()
	defer r.mu.Unlock()
	d := event.Done{Iteration: it.number, Cause: cause(it.cause, it.number), Verdict: event.Live, Took: time.Since(r.since), Stages: r.stages}
	if !r.wrote.IsZero() {
		d.Written = r.wrote.Sub(r.since)
	}
	slices.Sort(it.passed)
	d.Passed = slices.Compact(it.passed)
	switch {
	case len(r.failures) > 0 || len(r.lacking) > 0:
		d.Verdict = event.Broken
	case len(d.Passed) > 0:
		d.Verdict = event.Superseded
	}
	d.Summary = r.summary(len(d.Passed) > 0)
	return d
}

// summary says what was done, most telling first.
func (r *recorder) summary(passed bool) string {
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
	changed, synced := false, false
	for _, s := range r.stages {
		if s.Name == "sync" {
			synced = true
			words = append(words, "sync "+s.Target+", "+s.Detail)
		}
		if s.Name == "apply" && !s.Skipped {
			changed = true
			words = append(words, verb(r.results[s.Target].Action)+" "+s.Target+", "+s.Detail)
		}
	}
	if passed && len(words) == 0 {
		return ""
	}
	if !changed && !synced && len(r.failures) == 0 {
		words = append(words, "nothing to deploy")
	}
	if built == 0 && !synced && len(r.failures) == 0 {
		why := "build skipped: no image input changed"
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

// deedOf says what was done to a release.
func deedOf(res deploy.Result) string {
	if res.Action == deploy.Unchanged {
		return applyDetail(res)
	}
	return verb(res.Action) + ", " + applyDetail(res)
}

func applyDetail(res deploy.Result) string {
	if res.Action == deploy.Unchanged {
		return fmt.Sprintf("in line with revision %d", res.Revision)
	}
	text := fmt.Sprintf("%d of %d objects", len(res.Written), res.Total)
	if len(res.Removed) > 0 {
		text += fmt.Sprintf(", %d removed", len(res.Removed))
	}
	return text + edited(res) + fmt.Sprintf(", revision %d", res.Revision)
}

// edited names some of what an upgrade has changed, in brackets.
func edited(res deploy.Result) string {
	if res.Action != deploy.Upgraded {
		return ""
	}
	const most = 3
	fields := map[string][]string{}
	for _, e := range res.Edits {
		fields[e.Object.String()] = e.Fields
	}
	var words []string
	count := 0
	for _, o := range res.Written {
		changes, patched := fields[o.String()]
		if !patched {
			changes = []string{"made"}
		}
		for _, field := range changes {
			if count++; count <= most {
				words = append(words, o.String()+" "+field)
			}
		}
	}
	if len(words) == 0 {
		return ""
	}
	if count > most {
		words = append(words, fmt.Sprintf("and %d more", count-most))
	}
	return " (" + strings.Join(words, ", ") + ")"
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
