//go:build unix

package control

import (
	"fmt"
	"os"
	"syscall"
)

// private makes sure that nobody else can have put, or can read, what is in a
// folder below the shared temporary one.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("control socket: %s is not a folder of this user alone: remove it, or set TMPDIR", dir)
	}
	return nil
}
