package watch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The limit is that of a user namespace made for the test, so that the machine
// keeps its own.
func TestLimitOfWatchesFallsBackToPolling(t *testing.T) {
	if os.Getenv("WATCH_TEST_LIMITED") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "WATCH_TEST_LIMITED=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("in a user namespace (kernel.unprivileged_userns_clone or root is needed): %v\n%s", err, out)
		}
		return
	}
	must(t, os.WriteFile("/proc/sys/user/max_inotify_watches", []byte("6"), 0))
	dir := tempDir(t)
	for i := range 10 {
		write(t, filepath.Join(dir, fmt.Sprintf("d%d", i), "sub", "file"), "1")
	}
	var notices []error
	r := start(t, Options{Poll: 20 * time.Millisecond, Notice: func(err error) { notices = append(notices, err) }}, Root{Path: dir})
	var limit *LimitError
	if len(notices) != 1 || !errors.As(notices[0], &limit) {
		t.Fatalf("notices: %v, want one LimitError", notices)
	}
	if limit.Limit != "fs.inotify.max_user_watches" || !strings.Contains(limit.Error(), "sudo sysctl fs.inotify.max_user_watches=") {
		t.Errorf("notice does not name the limit and the command: %v", limit)
	}
	t.Log(limit)
	r.everyFolder(dir)
	must(t, os.RemoveAll(filepath.Join(dir, "d9")))
	write(t, filepath.Join(dir, "d9", "new", "file"), "2")
	r.until(filepath.Join(dir, "d9", "new", "file"))
	r.everyFolder(dir)
}

func TestLimitOfInstancesFallsBackToPolling(t *testing.T) {
	if os.Getenv("WATCH_TEST_LIMITED") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "WATCH_TEST_LIMITED=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("in a user namespace: %v\n%s", err, out)
		}
		return
	}
	must(t, os.WriteFile("/proc/sys/user/max_inotify_instances", []byte("0"), 0))
	dir := tempDir(t)
	var notices []error
	r := start(t, Options{Poll: 20 * time.Millisecond, Notice: func(err error) { notices = append(notices, err) }}, Root{Path: dir})
	var limit *LimitError
	if len(notices) != 1 || !errors.As(notices[0], &limit) || limit.Limit != "fs.inotify.max_user_instances" {
		t.Fatalf("notices: %v, want one about fs.inotify.max_user_instances", notices)
	}
	path := filepath.Join(dir, "file")
	write(t, path, "1")
	if c := r.next(); !slices.Equal(c.Paths, []string{path}) {
		t.Errorf("told %q, want %q", c.Paths, path)
	}
}
