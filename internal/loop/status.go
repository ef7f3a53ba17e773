package loop

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/plan"
)

// Status is how the files, as they were when it was asked for, stand to the
// cluster.
type Status struct {
	Project   string            `json:"project,omitempty"`
	Verdict   event.Verdict     `json:"verdict"`
	Iteration int               `json:"iteration"`
	Paused    bool              `json:"paused,omitempty"` // what is due is not begun
	Failures  []string          `json:"failures,omitempty"`
	Images    map[string]string `json:"images,omitempty"` // image -> reference in place
	Synced    map[string]int    `json:"synced,omitempty"` // image -> files in its containers that differ from it
}

// status holds the files against what is known. They are live when nothing has
// failed and nothing is left to do.
func (o *owner) status() Status {
	l := o.files
	s := Status{Verdict: event.Live, Iteration: o.number, Images: maps.Clone(o.known.refs), Failures: slices.Clone(o.blocked)}
	if l.project != nil {
		s.Project = l.project.Name
	}
	if o.config != nil {
		s.Failures = append(s.Failures, describe(o.config))
	}
	for t, err := range o.known.errs {
		text, name := explain(err), fmt.Sprintf("%s %s: ", t.kind, t.name)
		if !strings.HasPrefix(text, name) {
			text = name + text
		}
		s.Failures = append(s.Failures, text)
	}
	for _, h := range o.loops.held {
		s.Failures = append(s.Failures, h.why)
	}
	s.Paused = o.paused
	if len(s.Failures) == 0 && l.project != nil {
		for _, a := range plan.Make(o.known.state, withReferences(l, o.known.references())) {
			s.Failures = append(s.Failures, fmt.Sprintf("%s is not in line: %s", a.Target, a.Reason))
			if o.paused {
				s.Failures[len(s.Failures)-1] += " (paused; devloop resume ends that)"
			}
		}
	}
	s.Synced = o.known.synced()
	slices.Sort(s.Failures)
	if len(s.Failures) > 0 {
		s.Verdict = event.Broken
	}
	return s
}

// describe is an error of devloop.yaml with its line and a caret.
func describe(err error) string {
	var e *config.Error
	if errors.As(err, &e) && e.Snippet() != "" {
		return e.Error() + "\n" + e.Snippet()
	}
	return err.Error()
}

func configHint(l look) string {
	if l.project != nil {
		return "the last good devloop.yaml stays in force until the file is mended"
	}
	return "devloop goes on as soon as the file is good"
}
