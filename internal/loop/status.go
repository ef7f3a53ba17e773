package loop

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// Status is how the files, as they were when it was asked for, stand to the
// cluster.
type Status struct {
	Project   string            `json:"project,omitempty"`
	Verdict   event.Verdict     `json:"verdict"`
	Iteration int               `json:"iteration"`
	Failures  []string          `json:"failures,omitempty"`
	Images    map[string]string `json:"images,omitempty"` // image -> reference in place
}

func (o *owner) status() Status {
	s := Status{Project: o.project, Verdict: event.Live, Iteration: o.number, Images: maps.Clone(o.known.refs), Failures: slices.Clone(o.blocked)}
	if o.config != nil {
		s.Failures = append(s.Failures, describe(o.config))
	}
	for t, err := range o.known.errs {
		s.Failures = append(s.Failures, fmt.Sprintf("%s %s: %s", t.kind, t.name, explain(err)))
	}
	slices.Sort(s.Failures)
	if len(s.Failures) > 0 {
		s.Verdict = event.Broken
	}
	return s
}

// answer tells everyone who asked.
func (o *owner) answer() {
	if len(o.waiters) == 0 {
		return
	}
	s := o.status()
	for _, w := range o.waiters {
		w <- s
	}
	o.waiters = nil
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
