package tmuxtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a pane is looked at for something to appear.
const patience = time.Minute

// Pane is a terminal with a plain shell in it, which goes with the test. tmux must
// be installed.
type Pane struct {
	t      testing.TB
	socket string
}

// New opens one of so many columns and lines, with the environment of the test but
// CI, under which nobody sits at a terminal.
func New(t testing.TB, columns, lines int) *Pane {
	t.Helper()
	dir := t.TempDir()
	p := &Pane{t: t, socket: filepath.Join(dir, "tmux")}
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, []byte("set -g history-limit 100000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Tmux("-f", conf, "new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines), "env", "-u", "CI", "PS1=$ ", "sh", "-i")
	t.Cleanup(func() { p.Tmux("kill-server") })
	return p
}

// Tmux runs a command of tmux and returns what it prints.
func (p *Pane) Tmux(args ...string) string {
	p.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Keys types keys, by tmux's names: "p", "Enter", "C-c", or -l and a text.
func (p *Pane) Keys(keys ...string) {
	p.t.Helper()
	p.Tmux(append([]string{"send-keys"}, keys...)...)
}

// Screen is what is visible.
func (p *Pane) Screen() string { p.t.Helper(); return p.Tmux("capture-pane", "-p") }

// All is the scrollback, too.
func (p *Pane) All() string { p.t.Helper(); return p.Tmux("capture-pane", "-p", "-S", "-") }

// Shows waits until what is visible matches, and returns it. In the pattern ^ and $
// are the ends of lines.
func (p *Pane) Shows(pattern string) string {
	p.t.Helper()
	return p.Until(pattern, p.Screen)
}

// Until waits until what read returns matches, and returns that.
func (p *Pane) Until(pattern string, read func() string) string {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		text := read()
		if re.MatchString(text) {
			return text
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%q is never there:\n%s", pattern, text)
		}
	}
}

// Sane fails the test unless the shell's terminal echoes, takes lines, and shows
// its cursor.
func (p *Pane) Sane() {
	p.t.Helper()
	p.Keys("stty -a | tr -s ' ;' '\\n\\n' | grep -xE 'icanon|echo|isig|opost' | wc -l; echo checked", "Enter")
	p.Shows(`^4\nchecked`)
	if flag := strings.TrimSpace(p.Tmux("display-message", "-p", "#{cursor_flag}")); flag != "1" {
		p.t.Error("the cursor is hidden")
	}
}
