//go:build !windows

package build

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the command the leader of a process group of its own, so that
// what it starts can be ended with it and a Ctrl-C in the terminal is ours to
// pass on.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// endGroup asks the whole group to end: make, for one, then removes the target
// it was half-way through.
func endGroup(cmd *exec.Cmd) error {
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
		return os.ErrProcessDone
	}
	return nil
}

// killGroup ends what is left of the group.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		// No such group is the good case: everything has ended.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
