//go:build unix && tmux

package ui

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/queue"
	"github.com/devloop-dev/devloop/internal/tmuxtest"
)

// The footer on a real terminal emulator, tmux: what a person sees, types and has
// in the scrollback. This test's own program, started with REPLAY in its environment,
// stands in for devloop up: it shows chapters of a story, the next one at each
// SIGUSR1, so that states are there that a cluster does not have at will.

func TestMain(m *testing.M) {
	if os.Getenv("REPLAY") != "" {
		replay(os.Getenv("REPLAY"))
	}
	os.Exit(m.Run())
}

// fakeLoop tells what it was asked, as events.
type fakeLoop struct{ emit event.Sink }

func (f fakeLoop) Retry(context.Context) ([]string, error) { return []string{"image app"}, nil }
func (f fakeLoop) Pause(context.Context) error             { f.emit(event.Paused{Paused: true}); return nil }
func (f fakeLoop) Resume(context.Context) error            { f.emit(event.Paused{}); return nil }

func chapters() [][]event.Event {
	bare := func(stories ...[]told) (all []event.Event) {
		for _, t := range slices.Concat(stories...) {
			all = append(all, t.event)
		}
		return all
	}
	rolling, rest := scaled(2, time.Now())
	lines := func(n int, text string) (all []event.Event) {
		for i := range n {
			all = append(all, event.Log{Release: "sms-checker", Pod: "web", Container: "web", Text: fmt.Sprintf(text, i)})
		}
		return all
	}
	long := strings.Repeat("0123456789", 15)
	return [][]event.Event{
		bare(begun(time.Now())), bare(rolling), bare(rest), bare(broke(3, time.Now())),
		slices.Concat(lines(5, "level=info quiet %d"), lines(2, "level=error loud %d")),
		slices.Concat(lines(50_000, "flood %d"), []event.Event{event.Notice{Text: "the flood is over"}}),
		lines(2, "%d "+long),
	}
}

func replay(pidFile string) {
	r := lipgloss.NewRenderer(os.Stdout)
	if os.Getenv("NO_COLOR") != "" {
		r.SetColorProfile(termenv.Ascii)
	}
	next := make(chan os.Signal, 16)
	signal.Notify(next, syscall.SIGUSR1)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGHUP) // when the terminal goes, as with the command
	s, err := NewScreen(context.Background(), ScreenOptions{In: os.Stdin, Out: os.Stdout, Renderer: r, Now: time.Now,
		Lines: New(io.Discard, Options{Renderer: r, Now: time.Now, Footer: true, Columns: func() int { return 80 }}),
		Quit: func(bool) {
			if os.Getenv("STUBBORN") == "" {
				stop()
			}
		}, Exit: func() { os.Exit(130) }, Open: func(url string) error { return fmt.Errorf("a fake opener was given %s", url) }})
	if err != nil {
		panic(err)
	}
	q := queue.New(queue.Options[event.Event]{Take: s.Take, Idle: s.Idle, Cost: func(event.Event) int { return 0 }, Limit: 1,
		Dropped: func(int) event.Event { return event.Notice{} }})
	go func() { _ = s.Serve(ctx, fakeLoop{q.Add}) }()
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		panic(err)
	}
	turn := func(to int) {
		select {
		case <-next: // signals that come together are one, so each is answered
			if err := os.WriteFile(pidFile+".chapter", []byte(strconv.Itoa(to)), 0o600); err != nil {
				panic(err)
			}
		case <-ctx.Done():
		}
	}
	all := chapters()
	for i, chapter := range all {
		for _, e := range chapter {
			q.Add(e)
		}
		turn(i + 1)
	}
	for i := 0; ctx.Err() == nil; i++ {
		if yes, err := s.Ask(ctx, "remove it?"); err == nil {
			q.Add(event.Notice{Text: fmt.Sprintf("answer %d is %t", i, yes)})
		}
		turn(len(all) + 1 + i)
	}
	q.Close()
	s.Close()
	fmt.Println("the end")
	os.Exit(7)
}

// pane is a terminal with the replay in it, under a shell that goes on after it.
type pane struct {
	*tmuxtest.Pane
	t   *testing.T
	pid string // file
	// chapter that is shown, from 0.
	chapter int
}

func newPane(t *testing.T, columns, lines int, env ...string) *pane {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &pane{Pane: tmuxtest.New(t, columns, lines), t: t, pid: filepath.Join(t.TempDir(), "pid")}
	p.Keys("env "+strings.Join(env, " ")+" REPLAY="+p.pid+" "+self+"; echo code $?", "Enter")
	p.Shows(`#1 live since`)
	return p
}

// next turns to the next chapter.
func (p *pane) next() {
	p.t.Helper()
	p.chapter++
	p.signal(syscall.SIGUSR1)
	turned := func() string {
		data, _ := os.ReadFile(p.pid + ".chapter") // it is not there before the first
		return string(data)
	}
	p.Until(fmt.Sprintf("^%d$", p.chapter), turned)
}

func (p *pane) signal(sig syscall.Signal) {
	p.t.Helper()
	data, err := os.ReadFile(p.pid)
	if err != nil {
		p.t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		p.t.Fatal(err)
	}
}

func TestStatesAndKeysOnATerminal(t *testing.T) {
	p := newPane(t, 100, 40)
	p.Shows(`^● release sms-checker live .* 3/3`)
	p.Keys("t")
	p.Shows(`^  rollout sms-checker .*━`)
	p.Keys("?")
	p.Shows(`^  r  try again what failed`)
	p.Keys("o")
	p.Shows(`^open http://127.0.0.1:8080`)
	p.Shows(`a fake opener was given http://127.0.0.1:8080`)
	p.Keys("r")
	p.Shows(`^trying again: image app`)
	p.Keys("p")
	p.Shows(`^── sms-checker on sandbox ── #1 paused`)
	p.Keys("p")
	p.Shows(`^── sms-checker on sandbox ── #1 live`)

	p.next()
	p.Shows(`^◐ release sms-checker rolling out .* 1/3   Deployment/app 0/1`)
	p.next()
	p.Shows(`^● release sms-checker live .* 3/3   1 of 3 objects`)
	p.Shows(`^#2 values/local.yaml -> upgrade sms-checker, 1 of 3 objects - 0.05s written, 0.78s ready`)
	p.Keys("d")
	p.Shows(`^    \+   replicas: 3`)

	p.next()
	text := p.Shows(`^── sms-checker on sandbox ── #3 failed`)
	pinned, rows := strings.LastIndex(text, "✗ build app failed"), strings.LastIndex(text, "✗ image   app")
	if rule := strings.Index(text, "── sms-checker on"); pinned < rule || rows < pinned {
		t.Errorf("the error is not pinned between rule and rows:\n%s", text)
	}
	p.Keys("e")
	p.Shows(`^   -> mend the file and save`)

	p.Keys("f")
	p.Keys("-l", "level>=loud")
	p.Keys("Enter")
	p.Shows(`level "loud" is not known`)
	p.Keys("C-u")
	p.Keys("-l", "level>=warn")
	p.Keys("Enter")
	p.Shows(`filter level>=warn \(0 hidden\)`)
	p.next()
	text = p.Shows(`loud 1`)
	if !strings.Contains(text, "filter level>=warn (5 hidden)") || strings.Contains(text, "quiet") {
		t.Errorf("the filter shows other lines:\n%s", text)
	}
	p.Keys("Escape")
	p.Shows(`^filter ends; 5 lines were hidden`)

	p.next()
	p.Until(`the flood is over`, p.All)
	all := p.All()
	if n := strings.Count(all, "│ flood "); n != 50_000 {
		t.Errorf("%d lines of the flood are in the scrollback, want 50000", n)
	}
	if n := strings.Count(all, "── sms-checker on sandbox ──"); n != 1 {
		t.Errorf("%d footers are in the scrollback, want the one that is shown", n)
	}

	p.next()
	p.next()
	p.Shows(`^\? remove it\? \[y/N\]`)
	p.Keys("y")
	p.Shows(`answer 0 is true`)
	p.next()
	p.Shows(`^\? remove it\? \[y/N\]`)
	p.Keys("Enter")
	p.Shows(`answer 1 is false`)

	p.Keys("q")
	text = p.Shows(`^code 7`)
	if strings.Contains(text, "── sms-checker") {
		t.Errorf("the footer is left:\n%s", text)
	}
	p.Sane()
}

// A line that is longer than the terminal leaves nothing of the footer behind, and
// a terminal that is made narrower or wider has one footer.
func TestLongLinesAndResizing(t *testing.T) {
	p := newPane(t, 100, 40)
	for range 5 {
		p.next()
	}
	p.Until(`the flood is over`, p.All)
	p.next()
	text := p.Until(`^web │ 1 0123456789`, p.Screen)
	if !regexp.MustCompile(`(?m)^web │ 0 [0-9]+\n[0-9]+\nweb │ 1 [0-9]+\n[0-9]+\n──`).MatchString(text) {
		t.Errorf("long lines leave something beside them:\n%s", text)
	}
	for _, columns := range []int{60, 120, 72} {
		p.Tmux("resize-window", "-x", strconv.Itoa(columns), "-y", "40")
		p.Shows(fmt.Sprintf(`^── sms-checker .{%d} \? help$`, columns-1-len("── sms-checker ")+4-len(" ? help")))
		text := p.Shows(`^○ release sms-checker waiting`)
		if n := strings.Count(text, "── sms-checker"); n != 1 {
			t.Errorf("%d footers at %d columns:\n%s", n, columns, text)
		}
	}
	p.Tmux("resize-window", "-x", "72", "-y", "12")
	p.Shows(`^── sms-checker`)
	p.Keys("C-c")
	p.Shows(`^code 7`)
}

func TestColours(t *testing.T) {
	p := newPane(t, 100, 40)
	if coloured := p.Tmux("capture-pane", "-ep"); !regexp.MustCompile(`\x1b\[32m(\x1b\[49m)?●`).MatchString(coloured) {
		t.Errorf("the marks have no colour:\n%q", coloured)
	}
	p = newPane(t, 100, 40, "NO_COLOR=1")
	if plain := p.Tmux("capture-pane", "-ep"); strings.Contains(plain, "\x1b[") {
		t.Errorf("there are colours:\n%q", plain)
	}
}

// No command asks the terminal for its colours: where nothing answers that takes
// seconds, and what is typed meanwhile is lost.
func TestTheTerminalIsNotQuestioned(t *testing.T) {
	p := newPane(t, 100, 40)
	p.Keys("q")
	p.Shows(`^code 7`)
	raw := filepath.Join(t.TempDir(), "raw")
	p.Tmux("pipe-pane", "-o", "cat >"+raw)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.Keys("TERM=xterm-256color "+self+" -test.run NoSuchTest; echo code $?", "Enter")
	p.Shows(`no tests to run`)
	p.Until(`no tests to run`, func() string {
		data, _ := os.ReadFile(raw) // it may not be there yet
		if strings.Contains(string(data), "\x1b]11;?") {
			t.Fatalf("it is asked: %q", data)
		}
		return string(data)
	})
}

// However it ends, the shell has its terminal back.
func TestTheTerminalIsGivenBack(t *testing.T) {
	t.Run("the second Ctrl-C ends at once", func(t *testing.T) {
		p := newPane(t, 100, 40, "STUBBORN=1")
		p.Keys("C-c")
		p.Keys("C-c")
		p.Shows(`^code 130`)
		p.Sane()
	})
	t.Run("the second signal ends at once", func(t *testing.T) {
		p := newPane(t, 100, 40, "STUBBORN=1")
		p.signal(syscall.SIGTERM)
		p.Keys("?") // it goes on
		p.Shows(`^  r  try again`)
		p.signal(syscall.SIGTERM)
		p.Shows(`^code 130`)
		p.Sane()
	})
	t.Run("Ctrl-Z and fg", func(t *testing.T) {
		p := newPane(t, 100, 40)
		p.Keys("C-z")
		p.Shows(`Stopped|Suspended|code 148`)
		p.Sane()
		p.Keys("fg", "Enter")
		p.Shows(`^● release sms-checker live[^$]*\n*\z`)
		p.Keys("?")
		p.Shows(`^  r  try again`)
		p.Keys("q")
		p.Shows(`the end`)
	})
}
