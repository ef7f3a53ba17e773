package ui

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/filetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func styleOf(p termenv.Profile) style {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(p)
	return newStyle(r)
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// lived is the state after a story that began at noon, and when that is.
func lived(stories ...[]told) (*state, time.Time) {
	s, now := newState(noon), noon
	for _, t := range slices.Concat(stories...) {
		now = now.Add(t.after)
		s.take(t.event, now)
	}
	return s, now
}

func TestFooter(t *testing.T) {
	rolling, rest := scaled(2, noon.Add(5*time.Second))
	stories := map[string][][]told{
		"starting": nil,
		"building": {begun(noon)[:6]},
		"live":     {begun(noon)},
		"rolling":  {begun(noon), rolling},
		"scaled":   {begun(noon), rolling, rest},
		"broken":   {begun(noon), broke(2, noon)},
		"many":     {many(noon, 24)},
		"crashed":  {begun(noon), {{time.Second, event.Crashed{Release: "sms-checker", Pod: "app-1", Container: "web", ExitCode: 2, Reason: "Error", Restarts: 1}}}},
		"paused":   {begun(noon), {{0, event.Paused{Paused: true}}}},
		"stopping": {begun(noon), rolling, {{0, event.Stopping{Finishing: "sms-checker"}}}},
		"unreached": {begun(noon)[:3], {{0, event.Failed{Iteration: 1, Stage: "connect", Error: "docker does not answer"}},
			{0, event.Done{Iteration: 1, Verdict: event.Broken}}}},
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			s, now := lived(story...)
			now = now.Add(2 * time.Second)
			var all strings.Builder
			for _, columns := range []int{60, 80, 120} {
				drawn := styleOf(termenv.Ascii).footer(s, "", "", frame{columns, 30, now})
				fmt.Fprintf(&all, "%d columns\n%s\n\n", columns, drawn)
				lines := strings.Split(drawn, "\n")
				if len(lines) > 10 {
					t.Errorf("%d lines are more than a third of the terminal", len(lines))
				}
				for _, l := range lines {
					if w := ansi.StringWidth(l); w >= columns {
						t.Errorf("a line of %d columns on a terminal of %d: %q", w, columns, l)
					}
				}
				coloured := styleOf(termenv.ANSI).footer(s, "", "", frame{columns, 30, now})
				if coloured == drawn || ansi.Strip(coloured) != drawn {
					t.Errorf("with colours it is\n%s\nwithout\n%s", ansi.Strip(coloured), drawn)
				}
			}
			filetest.Golden(t, *update, "testdata/footer-"+name+".txt", all.String())
		})
	}
}

// An error stays until its target is live again, whatever else is live.
func TestAnErrorIsPinnedUntilItIsFixed(t *testing.T) {
	s, _ := lived(begun(noon), broke(2, noon), []told{
		{0, event.Changed{Iteration: 3, Paths: []string{"monitoring/templates/x.yaml"}}},
		{0, event.Planned{Iteration: 3, Actions: []event.Action{{Do: "upgrade", Target: "monitoring"}}}},
	})
	if len(s.pins) != 2 {
		t.Errorf("%d errors are pinned while one of two is tried again, want both", len(s.pins))
	}
	now := noon.Add(time.Minute)
	for _, e := range released(3, "monitoring", "1 of 3 objects") {
		s.take(e.event, now)
	}
	if len(s.pins) != 1 || s.pins[0].name != "app" {
		t.Errorf("pinned are %v, want that of app alone", s.pins)
	}
	s.take(event.Targets{Images: []string{"model"}, Releases: []string{"monitoring"}}, now)
	if len(s.pins) != 0 || len(s.rows) != 2 {
		t.Errorf("pinned are %v of %d rows, when app has left the project", s.pins, len(s.rows))
	}
	s.take(event.Failed{Stage: "config", Error: "devloop.yaml:3: no"}, now)
	s.take(event.Failed{Stage: "config", Error: "devloop.yaml:4: no"}, now)
	if len(s.pins) != 1 {
		t.Errorf("pinned are %v, want the newest of devloop.yaml", s.pins)
	}
	if s.take(event.Notice{Text: "good", Mends: "config"}, now); len(s.pins) != 0 {
		t.Errorf("pinned are %v, want none", s.pins)
	}
}

// A container of a live release that is down is shown until it runs again, whatever is
// upgraded meanwhile; of one that crashes in a rollout that one tells.
func TestACrashIsPinnedUntilItIsOver(t *testing.T) {
	crash := event.Crashed{Release: "sms-checker", Pod: "app-1", Container: "web", ExitCode: 2}
	rolling, rest := scaled(2, noon)
	s, now := lived(begun(noon), []told{{0, crash}, {0, crash}}, rolling, rest)
	if len(s.shown()) != 1 || s.mood() != "#2 live, 1 container down" {
		t.Errorf("shown are %v, and the loop is %s, after a crash and an upgrade", s.shown(), s.mood())
	}
	crash.Over = true
	if s.take(crash, now); len(s.pins) != 0 || s.mood() != "#2 live" {
		t.Errorf("pinned are %v, and the loop is %s, when the container runs again", s.pins, s.mood())
	}
	crash.Over = false
	s, _ = lived(begun(noon), rolling, []told{{0, crash}})
	if len(s.shown()) != 0 {
		t.Errorf("shown are %v in a rollout", s.shown())
	}
	for _, e := range rest {
		s.take(e.event, now)
	}
	if len(s.shown()) != 1 {
		t.Errorf("shown are %v when the rollout has come to its end all the same", s.shown())
	}
}

// Work that a newer save made useless leaves the row as it was.
func TestWorkThatCameToNothing(t *testing.T) {
	rolling, _ := scaled(2, noon)
	s, _ := lived(begun(noon), rolling, []told{{0, event.Done{Iteration: 2, Verdict: event.Superseded, Passed: []string{"sms-checker"}}}})
	if r := s.row(event.Release, "sms-checker"); r.phase != live {
		t.Errorf("it is %s, want live", r.phase)
	}
	if s.works() {
		t.Error("the loop is said to work")
	}
}

func TestWhatIsShownOnRequest(t *testing.T) {
	rolling, rest := scaled(2, noon.Add(4980*ms))
	s, _ := lived(begun(noon), rolling, rest)
	style := styleOf(termenv.Ascii)
	filetest.Golden(t, *update, "testdata/diff.txt", style.drawApplied(s.applied)+"\n")
	filetest.Golden(t, *update, "testdata/timeline.txt", style.drawBars(s.bars, s.done, 80)+"\n")
	filetest.Golden(t, *update, "testdata/help.txt", style.help()+"\n")
	s, _ = lived(begun(noon), broke(2, noon))
	filetest.Golden(t, *update, "testdata/errors.txt", style.errors(s.pins)+"\n")
}

func TestFilter(t *testing.T) {
	line := func(text string) event.Log { return event.Log{Pod: "web-1", Container: "envoy", Text: text} }
	tests := []struct {
		filter      string
		pass, hides string
	}{
		{"time.ut", "a timeout", "all is well"},
		{"^web-1 envoy ", "anything", ""},
		{"level>=warn", "level=error no", "level=info yes"},
		{"level>=warn time", "level=error time", "level=error no"},
		{"time level=warn", "level=error time", "level=info time"},
	}
	for _, tt := range tests {
		f, err := parseFilter(tt.filter)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		if !f.passes(line(tt.pass)) {
			t.Errorf("%s hides %q", tt.filter, tt.pass)
		}
		if tt.hides != "" && f.passes(line(tt.hides)) {
			t.Errorf("%s shows %q", tt.filter, tt.hides)
		}
	}
	for _, bad := range []string{"(", "level>=loud"} {
		if _, err := parseFilter(bad); err == nil {
			t.Errorf("%q is taken for a filter", bad)
		}
	}
}

func TestLinesInCIHaveTimes(t *testing.T) {
	s := newScreen()
	s.times = true
	s.at = noon
	want := noon.Local().Format(time.TimeOnly) + " note hello\n"
	s.at = noon.Local()
	if got := s.draw(event.Notice{Text: "hello"}); got != want {
		t.Errorf("drawn %q, want %q", got, want)
	}
}
