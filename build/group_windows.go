package build

import (
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup keeps a Ctrl-C in the terminal from reaching the command directly.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// endGroup ends the command and its descendants; Windows has no request that
// every program would understand, so this is the end at once.
func endGroup(cmd *exec.Cmd) error {
	if err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run(); err != nil {
		return cmd.Process.Kill()
	}
	return nil
}

// killGroup has nothing left to do after endGroup.
func killGroup(*exec.Cmd) {}
