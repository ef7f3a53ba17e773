package procgroup

import (
	"os/exec"
	"strconv"
	"syscall"
)

// Own keeps a Ctrl-C in the terminal from reaching the command directly.
func Own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// End ends the command and its descendants; Windows has no request that
// every program would understand, so this is the end at once.
func End(cmd *exec.Cmd) error {
	if err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run(); err != nil {
		return cmd.Process.Kill()
	}
	return nil
}

// Kill has nothing left to do after End.
func Kill(*exec.Cmd) {}
