package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// ending is how long devloop may take to end after Ctrl-C.
const ending = 15 * time.Second

// loop is a running `devloop up`.
type loop struct {
	cmd    *exec.Cmd
	errOut bytes.Buffer
	told   chan iteration
	ended  chan struct{} // closed when the process has ended
	err    error         // valid then
}

// up starts devloop on a project, waits until the project is live and has the
// process ended after the scenario.
func (b *bench) up(ctx context.Context, dir string, env ...string) (*loop, error) {
	l, err := b.start(dir, env...)
	if err != nil {
		return nil, err
	}
	b.processes = append(b.processes, l.end)
	_, err = l.next(ctx)
	return l, err
}

// start starts devloop on a project. Whoever calls it ends the process.
func (b *bench) start(dir string, env ...string) (*loop, error) {
	l := &loop{told: make(chan iteration, 1024), ended: make(chan struct{})}
	l.cmd = exec.Command(b.devloop, "up", "-f", dir, "-o", "json")
	l.cmd.Stderr = &l.errOut
	l.cmd.Env = append(os.Environ(), env...)
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start devloop: %w", err)
	}
	if err := l.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start devloop: %w", err)
	}
	go func() {
		defer close(l.ended)
		l.err = errors.Join(readEvents(out, l.told), l.cmd.Wait())
	}()
	return l, nil
}

// next blocks until devloop has ended an iteration, and fails unless that went
// well.
func (l *loop) next(ctx context.Context) (iteration, error) {
	select {
	case it := <-l.told:
		if it.verdict != "live" {
			return it, fmt.Errorf("devloop says %q: %s", it.verdict, it.failures)
		}
		return it, nil
	case <-l.ended:
		return iteration{}, fmt.Errorf("devloop ended: %w: %s", l.err, l.errOut.Bytes())
	case <-ctx.Done():
		return iteration{}, fmt.Errorf("wait for devloop: %w", ctx.Err())
	}
}

// end stops the process as Ctrl-C does and waits for its end.
func (l *loop) end() error {
	if err := l.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end devloop: %w", err)
	}
	select {
	case <-l.ended:
		return nil
	case <-time.After(ending):
	}
	err := l.cmd.Process.Kill()
	<-l.ended
	return errors.Join(fmt.Errorf("devloop did not end within %s after Ctrl-C", ending), err)
}
