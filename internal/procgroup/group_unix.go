//go:build !windows

package procgroup

import (
	"os"
	"os/exec"
	"syscall"
)

// Own makes the command the leader of a process group of its own, so that
// what it starts can be ended with it and a Ctrl-C in the terminal is ours to
// pass on.
func Own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// End asks the whole group to end: make, for one, then removes the target
// it was half-way through.
func End(cmd *exec.Cmd) error {
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
		return os.ErrProcessDone
	}
	return nil
}

// Kill ends what is left of the group.
func Kill(cmd *exec.Cmd) {
	if cmd.Process != nil {
		// No such group is the good case: everything has ended.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
