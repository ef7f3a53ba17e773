//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// foreground tells whether this process may set the terminal's modes.
func foreground(terminal *os.File) bool {
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
