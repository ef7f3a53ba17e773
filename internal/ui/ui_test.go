package ui

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/devloop-dev/devloop/internal/event"
)

// screen draws events without colour, with a clock that the test moves.
type screen struct {
	*Lines
	out bytes.Buffer
	at  time.Time
}

func newScreen() *screen {
	s := &screen{at: time.Unix(0, 0)}
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.Ascii)
	s.Lines = New(&s.out, Options{Renderer: r, Now: func() time.Time { return s.at }})
	return s
}

func (s *screen) draw(events ...event.Event) string {
	s.out.Reset()
	for _, e := range events {
		s.Draw(e)
	}
	return s.out.String()
}

func TestLines(t *testing.T) {
	tests := map[string]struct {
		event event.Event
		want  string
	}{
		"plan with its reasons": {
			event.Planned{Iteration: 2, Actions: []event.Action{{Do: "rebuild", Target: "app", Reason: "app/main.go changed"}, {Do: "upgrade", Target: "shop", Reason: "first look"}}},
			"#2 rebuild app: app/main.go changed\n#2 upgrade shop: first look\n",
		},
		"a live iteration in one line": {
			event.Done{Iteration: 12, Verdict: event.Live, Cause: "values/local.yaml", Summary: "upgrade shop, 1 of 96 objects; build skipped", Written: 50 * time.Millisecond, Took: 1200 * time.Millisecond},
			"#12 values/local.yaml -> upgrade shop, 1 of 96 objects; build skipped - 0.05s written, 1.20s ready\n",
		},
		"a failure in full": {
			event.Failed{Target: "app", Stage: "build", Error: "Dockerfile:3: no\nlast line", Hint: "do this"},
			"✗ build app failed\n   Dockerfile:3: no\n   last line\n   -> do this\n",
		},
		"an image that is there": {
			event.Stage{Name: "build", Target: "app", Detail: "app:dl-1", Skipped: true, Took: time.Millisecond},
			"   build    app app:dl-1 is there already 0.00s\n",
		},
		"saved without a change":                 {event.Unchanged{Paths: []string{"a", "b"}}, "a, b saved, content is the same: nothing to do\n"},
		"many saved without one":                 {event.Unchanged{Paths: []string{"a", "b", "c", "d"}}, "a, b and 2 more saved, content is the same: nothing to do\n"},
		"a line of a pod":                        {event.Log{Pod: "app-1", Container: "web", Text: "hello"}, "app-1 web │ hello\n"},
		"a pod that clears screen":               {event.Log{Pod: "app-1", Container: "web", Text: "a\x1b[2Jb\x1b]0;title\x07c\x07d"}, "app-1 web │ abcd\n"},
		"a pod that writes JSON":                 {event.Log{Pod: "app-1", Container: "web", Text: `{"level":"warn","msg":"slow","took":"2s"}`}, "app-1 web │ WARN  slow took=2s\n"},
		"a pod with colours on a screen without": {event.Log{Pod: "app-1", Container: "web", Text: "\x1b[31mred"}, "app-1 web │ red\n"},
		"drift":                                  {event.Drift{Text: "Deployment/app: spec.replicas 1 -> 5 by kubectl; put back"}, "drift Deployment/app: spec.replicas 1 -> 5 by kubectl; put back\n"},
		"a crash": {event.Crashed{Pod: "app-1", Container: "web", ExitCode: 2, Reason: "Error", Restarts: 3},
			"✗ container web of pod app-1 ended: exit code 2, restarted 3 times\n"},
		"a crash for want of memory": {event.Crashed{Pod: "app-1", Container: "web", ExitCode: 137, Reason: "OOMKilled"},
			"✗ container web of pod app-1 ended: OOMKilled, exit code 137\n"},
		"a crash that is over": {event.Crashed{Pod: "app-1", Container: "web", ExitCode: 2, Over: true}, ""},
		"an end in the middle": {event.Stopping{Finishing: "shop"}, "stopping; finishing the write to shop (Ctrl-C again ends at once, the next start repairs)\n"},
		"an end at rest":       {event.Stopping{}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := newScreen().draw(tt.event); got != tt.want {
				t.Errorf("drawn\n%q, want\n%q", got, tt.want)
			}
		})
	}
}

func TestOnlyWhatTakesLongShowsItsProgress(t *testing.T) {
	s := newScreen()
	s.draw(event.Changed{Iteration: 1})
	output := event.Output{Target: "app", Text: "Step 1/3"}
	advance := event.Progress{Release: "shop", Ready: 1, Total: 3, Waiting: "Deployment/app"}
	if got := s.draw(output, advance); got != "" {
		t.Errorf("drawn within the first second: %q", got)
	}
	s.at = s.at.Add(2 * time.Second)
	if got := s.draw(output, advance); !strings.Contains(got, "Step 1/3") || !strings.Contains(got, "1/3 objects ready, waiting for Deployment/app") {
		t.Errorf("drawn after two seconds: %q", got)
	}
	if got := s.draw(advance); got != "" {
		t.Errorf("drawn again: %q", got)
	}
}
