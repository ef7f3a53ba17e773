package watch

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// isLimit: inotify_add_watch(2) fails with ENOSPC at the limit of watches,
// inotify_init1(2) with EMFILE at the limit of instances.
func isLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

func watchLimit(path string, err error) *LimitError {
	return inotifyLimit(path, "max_user_watches", 524288, err)
}

func instanceLimit(err error) *LimitError {
	return inotifyLimit("", "max_user_instances", 512, err)
}

func inotifyLimit(path, name string, least int, err error) *LimitError {
	text, _ := os.ReadFile("/proc/sys/fs/inotify/" + name)
	value, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return &LimitError{
		Path:    path,
		Limit:   "fs.inotify." + name,
		Value:   value,
		Command: "sudo sysctl fs.inotify." + name + "=" + strconv.Itoa(max(least, 2*value)),
		Err:     err,
	}
}
