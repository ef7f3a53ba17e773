package main

import (
	"fmt"
	"syscall"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/cgroup"
)

// daemon becomes a daemon inside a control group: it joins the group first,
// so that not even the daemon's first child is ever outside of it. The
// arguments are the group and the daemon's command line.
func daemon(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("daemon wants a control group and a command line, got %q", args)
	}
	groups, err := cgroup.Mounted()
	if err != nil {
		return err
	}
	if err := groups.Join(args[0]); err != nil {
		return err
	}
	syscall.Umask(0o022)
	if err := syscall.Exec(args[1], args[1:], syscall.Environ()); err != nil {
		return fmt.Errorf("starting %s: %w", args[1], err)
	}
	return nil
}
