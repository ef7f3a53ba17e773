package doctor

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// systemWatches reads the limits of inotify(7) and what this user's processes use
// of them; the kernel counts by user. Processes that may not be looked into are
// not counted.
func systemWatches() (watches, bool) {
	w := watches{
		command:     "sudo sysctl fs.inotify.max_user_watches=%d",
		instanceCmd: "sudo sysctl fs.inotify.max_user_instances=%d",
	}
	if w.most = limit("max_user_watches"); w.most == 0 {
		return w, false
	}
	w.instances = limit("max_user_instances")
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		info, err := os.Stat(p)
		if err != nil {
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Getuid() {
			continue
		}
		files, _ := filepath.Glob(p + "/fd/*")
		for _, f := range files {
			if at, err := os.Readlink(f); err != nil || at != "anon_inode:inotify" {
				continue
			}
			w.usedInstance++
			text, err := os.ReadFile(filepath.Join(p, "fdinfo", filepath.Base(f)))
			if err == nil {
				w.used += bytes.Count(text, []byte("inotify wd:"))
			}
		}
	}
	return w, true
}

func limit(name string) int {
	text, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return n
}
