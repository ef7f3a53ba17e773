package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/devloop-dev/devloop/internal/procgroup"
)

// endGrace is how long a command may take to end after it was asked to, and how
// long its output may stay open after it ended.
const endGrace = time.Second

// Prebuild is a command to run on this machine before an image is built, such
// as a compiler whose output the Dockerfile copies.
type Prebuild struct {
	// Dir is the folder to run in. Default: the current one.
	Dir string
	// Command is the program and its arguments; no shell is involved. A program
	// with a slash in its name is relative to Dir, others are looked up in PATH.
	Command []string
	// Env are variables, NAME=value, that the command has beside this process's.
	Env []string
}

// Run runs the command to its end with this process's environment and no input.
// Each line it prints, on either stream, is passed to line (which may be nil)
// from one goroutine at a time.
//
// A command that cannot start or fails gives a *CommandError. When ctx ends, the
// command and all it started are asked to end, killed after a second, and the
// error wraps ctx's cause.
func (p Prebuild) Run(ctx context.Context, line func(string)) error {
	if len(p.Command) == 0 || p.Command[0] == "" {
		return errors.New("the prebuild command is empty; name the program and its arguments")
	}
	if ctx.Err() != nil {
		return p.cancelled(ctx)
	}
	cmd := exec.CommandContext(ctx, p.Command[0], p.Command[1:]...)
	cmd.Dir = p.Dir
	if len(p.Env) > 0 {
		cmd.Env = append(os.Environ(), p.Env...)
	}
	out := &lineWriter{each: line}
	cmd.Stdout, cmd.Stderr = out, out // the same writer: os/exec keeps their order
	procgroup.Own(cmd)
	cmd.Cancel = func() error { return procgroup.End(cmd) }
	cmd.WaitDelay = endGrace
	err := cmd.Run()
	out.end()
	if ctx.Err() != nil {
		procgroup.Kill(cmd)
		return p.cancelled(ctx)
	}
	// A program that was left running in the background on purpose, with our
	// output still open, is no failure of the command.
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	failed := &CommandError{Command: p.Command, Dir: p.Dir, ExitCode: -1, Output: out.text(), Err: err}
	if cmd.ProcessState != nil {
		failed.ExitCode = cmd.ProcessState.ExitCode()
	}
	return failed
}

func (p Prebuild) cancelled(ctx context.Context) error {
	return fmt.Errorf("command %q cancelled: %w", p.Command[0], context.Cause(ctx))
}
