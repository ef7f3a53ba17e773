//go:build unix && tmux

package ui

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	s, err := NewScreen(ScreenOptions{In: os.Stdin, Out: os.Stdout, Renderer: r, Now: time.Now,
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
	t      *testing.T
	socket string
	pid    string // file
	// chapter that is shown, from 0.
	chapter int
}

func newPane(t *testing.T, columns, lines int, env ...string) *pane {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &pane{t: t, socket: filepath.Join(dir, "tmux"), pid: filepath.Join(dir, "pid")}
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, []byte("set -g history-limit 100000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.tmux("-f", conf, "new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines), "env", "PS1=$ ", "sh", "-i")
	t.Cleanup(func() { p.tmux("kill-server") })
	p.keys("env -u CI "+strings.Join(env, " ")+" REPLAY="+p.pid+" "+self+"; echo code $?", "Enter")
	p.shows(`#1 live since`)
	return p
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (p *pane) keys(keys ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys"}, keys...)...)
}

// screen is what is visible.
func (p *pane) screen() string { return p.tmux("capture-pane", "-p") }

// all is the scrollback, too.
func (p *pane) all() string { return p.tmux("capture-pane", "-p", "-S", "-") }

// shows waits until what is visible matches.
func (p *pane) shows(pattern string) string {
	p.t.Helper()
	return p.until(pattern, p.screen)
}

func (p *pane) until(pattern string, read func() string) string {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text := read()
		if re.MatchString(text) {
			return text
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%q is never there:\n%s", pattern, text)
		}
	}
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
	p.until(fmt.Sprintf("^%d$", p.chapter), turned)
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
	p.shows(`^● release sms-checker live .* 3/3`)
	p.keys("t")
	p.shows(`^  rollout sms-checker .*━`)
	p.keys("?")
	p.shows(`^  r  try again what failed`)
	p.keys("o")
	p.shows(`^open http://127.0.0.1:8080`)
	p.shows(`a fake opener was given http://127.0.0.1:8080`)
	p.keys("r")
	p.shows(`^trying again: image app`)
	p.keys("p")
	p.shows(`^── sms-checker on sandbox ── #1 paused`)
	p.keys("p")
	p.shows(`^── sms-checker on sandbox ── #1 live`)

	p.next()
	p.shows(`^◐ release sms-checker rolling out .* 1/3   Deployment/app 0/1`)
	p.next()
	p.shows(`^● release sms-checker live .* 3/3   1 of 3 objects`)
	p.shows(`^#2 values/local.yaml -> upgrade sms-checker, 1 of 3 objects - 0.05s written, 0.78s ready`)
	p.keys("d")
	p.shows(`^    \+   replicas: 3`)

	p.next()
	text := p.shows(`^── sms-checker on sandbox ── #3 failed`)
	pinned, rows := strings.LastIndex(text, "✗ build app failed"), strings.LastIndex(text, "✗ image   app")
	if rule := strings.Index(text, "── sms-checker on"); pinned < rule || rows < pinned {
		t.Errorf("the error is not pinned between rule and rows:\n%s", text)
	}
	p.keys("e")
	p.shows(`^   -> mend the file and save`)

	p.keys("f")
	p.keys("-l", "level>=loud")
	p.keys("Enter")
	p.shows(`level "loud" is not known`)
	p.keys("C-u")
	p.keys("-l", "level>=warn")
	p.keys("Enter")
	p.shows(`filter level>=warn \(0 hidden\)`)
	p.next()
	text = p.shows(`filter level>=warn \(5 hidden\)`)
	if !strings.Contains(text, "loud 1") || strings.Contains(text, "quiet") {
		t.Errorf("the filter shows other lines:\n%s", text)
	}
	p.keys("Escape")
	p.shows(`^filter ends; 5 lines were hidden`)

	p.next()
	p.until(`the flood is over`, p.all)
	all := p.all()
	if n := strings.Count(all, "│ flood "); n != 50_000 {
		t.Errorf("%d lines of the flood are in the scrollback, want 50000", n)
	}
	if n := strings.Count(all, "── sms-checker on sandbox ──"); n != 1 {
		t.Errorf("%d footers are in the scrollback, want the one that is shown", n)
	}

	p.next()
	p.next()
	p.shows(`^\? remove it\? \[y/N\]`)
	p.keys("y")
	p.shows(`answer 0 is true`)
	p.next()
	p.shows(`^\? remove it\? \[y/N\]`)
	p.keys("Enter")
	p.shows(`answer 1 is false`)

	p.keys("q")
	text = p.shows(`^code 7`)
	if strings.Contains(text, "── sms-checker") {
		t.Errorf("the footer is left:\n%s", text)
	}
	p.sane()
}

// sane: the shell's terminal echoes, takes lines, and shows its cursor.
func (p *pane) sane() {
	p.t.Helper()
	p.keys("stty -a | tr -s ' ;' '\\n\\n' | grep -xE 'icanon|echo|isig|opost' | wc -l; echo checked", "Enter")
	p.shows(`^4\nchecked`)
	if flag := strings.TrimSpace(p.tmux("display-message", "-p", "#{cursor_flag}")); flag != "1" {
		p.t.Error("the cursor is hidden")
	}
}

// A line that is longer than the terminal leaves nothing of the footer behind, and
// a terminal that is made narrower or wider has one footer.
func TestLongLinesAndResizing(t *testing.T) {
	p := newPane(t, 100, 40)
	for range 5 {
		p.next()
	}
	p.until(`the flood is over`, p.all)
	p.next()
	text := p.until(`^web │ 1 0123456789`, p.screen)
	if !regexp.MustCompile(`(?m)^web │ 0 [0-9]+\n[0-9]+\nweb │ 1 [0-9]+\n[0-9]+\n──`).MatchString(text) {
		t.Errorf("long lines leave something beside them:\n%s", text)
	}
	for _, columns := range []int{60, 120, 72} {
		p.tmux("resize-window", "-x", strconv.Itoa(columns), "-y", "40")
		p.shows(fmt.Sprintf(`^── sms-checker .{%d} \? help$`, columns-1-len("── sms-checker ")+4-len(" ? help")))
		text := p.shows(`^○ release sms-checker waiting`)
		if n := strings.Count(text, "── sms-checker"); n != 1 {
			t.Errorf("%d footers at %d columns:\n%s", n, columns, text)
		}
	}
	p.tmux("resize-window", "-x", "72", "-y", "12")
	p.shows(`^── sms-checker`)
	p.keys("C-c")
	p.shows(`^code 7`)
}

func TestColours(t *testing.T) {
	p := newPane(t, 100, 40)
	if coloured := p.tmux("capture-pane", "-ep"); !regexp.MustCompile(`\x1b\[32m(\x1b\[49m)?●`).MatchString(coloured) {
		t.Errorf("the marks have no colour:\n%q", coloured)
	}
	p = newPane(t, 100, 40, "NO_COLOR=1")
	if plain := p.tmux("capture-pane", "-ep"); strings.Contains(plain, "\x1b[") {
		t.Errorf("there are colours:\n%q", plain)
	}
}

// No command asks the terminal for its colours: where nothing answers that takes
// seconds, and what is typed meanwhile is lost.
func TestTheTerminalIsNotQuestioned(t *testing.T) {
	p := newPane(t, 100, 40)
	p.keys("q")
	p.shows(`^code 7`)
	raw := filepath.Join(t.TempDir(), "raw")
	p.tmux("pipe-pane", "-o", "cat >"+raw)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.keys("TERM=xterm-256color "+self+" -test.run NoSuchTest; echo code $?", "Enter")
	p.shows(`no tests to run`)
	p.until(`no tests to run`, func() string {
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
		p.keys("C-c")
		p.keys("C-c")
		p.shows(`^code 130`)
		p.sane()
	})
	t.Run("the second signal ends at once", func(t *testing.T) {
		p := newPane(t, 100, 40, "STUBBORN=1")
		p.signal(syscall.SIGTERM)
		p.keys("?") // it goes on
		p.shows(`^  r  try again`)
		p.signal(syscall.SIGTERM)
		p.shows(`^code 130`)
		p.sane()
	})
	t.Run("Ctrl-Z and fg", func(t *testing.T) {
		p := newPane(t, 100, 40)
		p.keys("C-z")
		p.shows(`Stopped|Suspended|code 148`)
		p.sane()
		p.keys("fg", "Enter")
		p.shows(`^● release sms-checker live[^$]*\n*\z`)
		p.keys("?")
		p.shows(`^  r  try again`)
		p.keys("q")
		p.shows(`the end`)
	})
}
