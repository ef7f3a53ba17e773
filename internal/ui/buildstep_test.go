package ui

import (
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

func TestBuildSteps(t *testing.T) {
	step := func(state string, took time.Duration) event.BuildStep {
		return event.BuildStep{Target: "app", Step: "[2/3] RUN make", State: state, Took: took}
	}
	tests := []struct {
		event          event.BuildStep
		quiet, verbose string
	}{
		{step("began", 0), "", "   app ┆ [2/3] RUN make\n"},
		{step("cached", 0), "", "   app ┆ [2/3] RUN make (cached)\n"},
		{step("done", 200*time.Millisecond), "", "   app ┆ [2/3] RUN make (done, 0.20s)\n"},
		{step("done", 3*time.Second), "   app ┆ [2/3] RUN make (done, 3.00s)\n", "   app ┆ [2/3] RUN make (done, 3.00s)\n"},
		{step("running", time.Second), "   app ┆ [2/3] RUN make (running, 1.00s)\n", "   app ┆ [2/3] RUN make (running, 1.00s)\n"},
		{step("failed", 3*time.Second), "", "   app ┆ [2/3] RUN make (failed, 3.00s)\n"},
	}
	for _, tt := range tests {
		s := newScreen()
		if got := s.draw(tt.event); got != tt.quiet {
			t.Errorf("%s: drawn %q, want %q", tt.event.State, got, tt.quiet)
		}
		s.verbose = true
		if got := s.draw(tt.event); got != tt.verbose {
			t.Errorf("%s, verbose: drawn %q, want %q", tt.event.State, got, tt.verbose)
		}
	}
}
