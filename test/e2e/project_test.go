//go:build e2e || sandbox

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// project is a copy of an example, deployed to a namespace of its own.
type project struct {
	t         *testing.T
	dir       string
	namespace string
	env       []string
	up        *exec.Cmd
	out       *output
	ended     chan struct{}
}

// output collects what a process prints while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var (
	namespaceLine = regexp.MustCompile(`(?m)^    namespace: .*$`)
	projectLine   = regexp.MustCompile(`(?m)^project: .*$`)
	forwardBlock  = regexp.MustCompile(`(?ms)^forward:.*`)
)

// open copies an example, gives it its own namespace and leaves its forwards out,
// since local ports are one for all tests. What it deployed is removed at the
// end by the test's own client.
func open(t *testing.T, example string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir(), env: append(os.Environ(), "GORACE=atexit_sleep_ms=0")}
	p.namespace = fmt.Sprintf("e2e-%s-%x", filepath.Base(example), time.Now().UnixNano()&0xffffffff)
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join("..", "..", "examples", example))); err != nil {
		t.Fatal(err)
	}
	p.edit("devloop.yaml", func(s string) string {
		s = namespaceLine.ReplaceAllString(s, "    namespace: "+p.namespace)
		s = projectLine.ReplaceAllString(s, "project: "+p.namespace)
		return forwardBlock.ReplaceAllString(s, "")
	})
	t.Cleanup(func() { removeNamespace(t, p.namespace) })
	return p
}

func (p *project) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// edit rewrites a file in place, as the simplest of editors do.
func (p *project) edit(name string, change func(string) string) {
	p.t.Helper()
	data, err := os.ReadFile(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	next := change(string(data))
	if next == string(data) {
		p.t.Fatalf("the edit of %s changes nothing", name)
	}
	p.save(name, next)
}

// save replaces a file, by renaming another to it: this process may be held up between
// two writes for longer than devloop waits for the next.
func (p *project) save(name, text string) {
	p.t.Helper()
	path, err := filepath.EvalSymlinks(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		p.t.Fatal(err)
	}
	saved := filepath.Join(p.t.TempDir(), "saved")
	if err := errors.Join(os.WriteFile(saved, []byte(text), 0o600), os.Chmod(saved, info.Mode()), os.Rename(saved, path)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) replace(name, old, new string) {
	p.t.Helper()
	p.edit(name, func(s string) string { return strings.Replace(s, old, new, 1) })
}

// start runs devloop up until the test ends.
func (p *project) start(args ...string) {
	p.t.Helper()
	p.out, p.ended = &output{}, make(chan struct{})
	p.up = exec.Command(binary, append([]string{"up", "-f", p.dir, "--color", "never"}, args...)...)
	p.up.Env, p.up.Stdout, p.up.Stderr = p.env, p.out, p.out
	if err := p.up.Start(); err != nil {
		p.t.Fatal(err)
	}
	up, ended := p.up, p.ended
	go func() {
		defer close(ended)
		_ = up.Wait() // its code is read from ProcessState
	}()
	p.t.Cleanup(func() {
		if up.Process.Signal(syscall.SIGINT) == nil {
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				_ = up.Process.Kill()
				<-ended
			}
		}
		if p.t.Failed() {
			p.t.Logf("devloop up printed:\n%s", p.out)
		}
	})
}

// stop sends a signal and returns the exit code and how long the end took.
func (p *project) stop(sig os.Signal) (code int, took time.Duration) {
	p.t.Helper()
	start := time.Now()
	if err := p.up.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.t.Fatalf("devloop up does not end:\n%s", p.out)
	}
	return p.up.ProcessState.ExitCode(), time.Since(start)
}

func (p *project) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// run is one devloop command to its end.
func (p *project) run(args ...string) (code int, out string) {
	p.t.Helper()
	return p.within(10*time.Minute, args...)
}

// within is run with another limit.
func (p *project) within(limit time.Duration, args ...string) (code int, out string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, "-f", p.dir, "--color", "never")...)
	cmd.Env = p.env
	data, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("devloop %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), string(data)
}

// wait is devloop wait, once the loop listens.
func (p *project) wait() (code int, out string) {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		code, out = p.run("wait")
		if !strings.Contains(out, "no devloop up is running") || time.Now().After(deadline) || !p.alive() {
			return code, out
		}
	}
}

func (p *project) live() {
	p.t.Helper()
	if code, out := p.wait(); code != 0 {
		p.t.Fatalf("devloop wait: exit code %d\n%s", code, out)
	}
}

// failed expects devloop wait to say that the files have failed, with each of
// the words in its answer, and the loop to go on.
func (p *project) failed(words ...string) {
	p.t.Helper()
	code, out := p.wait()
	if code != 1 {
		p.t.Errorf("devloop wait: exit code %d, want 1\n%s", code, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			p.t.Errorf("devloop wait does not say %q:\n%s", w, out)
		}
	}
	if !p.alive() {
		p.t.Fatalf("devloop up has ended:\n%s", p.out)
	}
}

// eventually polls a condition of the world outside until it holds.
func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
