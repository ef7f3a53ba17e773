package watch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// limited runs the test again in a user namespace of its own, where a limit can
// be set without the machine's own being touched; it returns true in there.
func limited(t *testing.T) bool {
	t.Helper()
	if os.Getenv("WATCH_TEST_LIMITED") != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "WATCH_TEST_LIMITED=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("in a user namespace (kernel.unprivileged_userns_clone or root is needed): %v\n%s", err, out)
	}
	return false
}

func limit(t *testing.T, name, value string) {
	t.Helper()
	must(t, os.WriteFile("/proc/sys/user/"+name, []byte(value), 0))
}

// notices collects what a Watcher tells the user.
type notices struct {
	mu   sync.Mutex
	told []error
}

func (n *notices) take(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, err)
}

func (n *notices) all() []error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.told)
}

// watched is how many watches the kernel holds for this process.
func watched(t *testing.T) int {
	t.Helper()
	n := 0
	infos, _ := filepath.Glob("/proc/self/fdinfo/*")
	for _, name := range infos {
		text, err := os.ReadFile(name)
		if err == nil { // else closed since
			n += strings.Count(string(text), "inotify wd:")
		}
	}
	return n
}

func TestLimitOfWatchesFallsBackToPolling(t *testing.T) {
	if !limited(t) {
		return
	}
	limit(t, "max_inotify_watches", "6")
	dir := tempDir(t)
	for i := range 10 {
		write(t, filepath.Join(dir, fmt.Sprintf("d%d", i), "sub", "file"), "1")
	}
	var told notices
	r := start(t, Options{Poll: 20 * time.Millisecond, Notice: told.take}, Root{Path: dir})
	var limited *LimitError
	if all := told.all(); len(all) != 1 || !errors.As(all[0], &limited) {
		t.Fatalf("notices: %v, want one LimitError", all)
	}
	if limited.Limit != "fs.inotify.max_user_watches" || !strings.Contains(limited.Error(), "sudo sysctl fs.inotify.max_user_watches=") {
		t.Errorf("notice does not name the limit and the command: %v", limited)
	}
	t.Log(limited)
	r.everyFolder(dir)
	must(t, os.RemoveAll(filepath.Join(dir, "d9")))
	write(t, filepath.Join(dir, "d9", "new", "file"), "2")
	r.until(filepath.Join(dir, "d9", "new", "file"))
	r.everyFolder(dir)

	// The user does as told: no more polling, without a restart.
	limit(t, "max_inotify_watches", "1000")
	const folders = 1 + 1 + 10 + 10 // its parent's name, it, and those in it
	for end := time.Now().Add(deadline); watched(t) != folders; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d folders are watched, want %d", watched(t), folders)
		}
		// A polled folder is seen to come and go while watches are made.
		write(t, filepath.Join(dir, "d3", "sub", "file"), time.Now().String())
	}
	r.w.mu.Lock()
	polled := len(r.w.tree.polled)
	r.w.mu.Unlock()
	if polled != 0 {
		t.Errorf("%d folders are polled still", polled)
	}
	r.everyFolder(dir)
	if all := told.all(); len(all) != 1 {
		t.Errorf("notices: %v, want the one", all)
	}
}

// The limit is reached only when a folder is born.
func TestLimitReachedLater(t *testing.T) {
	if !limited(t) {
		return
	}
	dir := tempDir(t)
	limit(t, "max_inotify_watches", "3")
	var told notices
	r := start(t, Options{Poll: 20 * time.Millisecond, Notice: told.take}, Root{Path: dir})
	for _, name := range []string{"a", "b", "c"} {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
		r.until(filepath.Join(dir, name))
	}
	for range 2 {
		r.everyFolder(dir)
	}
	if all := told.all(); len(all) != 1 {
		t.Errorf("notices: %v, want one", all)
	}
}

func TestLimitOfInstancesFallsBackToPolling(t *testing.T) {
	if !limited(t) {
		return
	}
	limit(t, "max_inotify_instances", "0")
	dir := tempDir(t)
	var told notices
	r := start(t, Options{Poll: 20 * time.Millisecond, Notice: told.take}, Root{Path: dir})
	var limited *LimitError
	if all := told.all(); len(all) != 1 || !errors.As(all[0], &limited) || limited.Limit != "fs.inotify.max_user_instances" {
		t.Fatalf("notices: %v, want one about fs.inotify.max_user_instances", all)
	}
	path := filepath.Join(dir, "file")
	write(t, path, "1")
	if c := r.next(); !slices.Equal(c.Paths, []string{path}) {
		t.Errorf("told %q, want %q", c.Paths, path)
	}
}

// What is ignored costs no watch, and a file costs its folder.
func TestExactlyTheFoldersWithInputsAreWatched(t *testing.T) {
	before := watched(t)
	dir := tempDir(t)
	for _, name := range []string{"app/src/main.go", "app/node_modules/a/b/c.js", "app/.git/objects/00/x", "values/deep/local.yaml", "values/deep/more/x", "other/x"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), "")
	}
	skip := func(rel string, isDir bool) bool { return isDir && rel == "node_modules" }
	r := start(t, Options{}, Root{Path: filepath.Join(dir, "app"), Skip: skip}, Root{Path: filepath.Join(dir, "values", "deep", "local.yaml")})
	const want = 1 + 2 + 1 // the name app; app and app/src; values/deep
	if got := watched(t) - before; got != want {
		t.Errorf("%d folders are watched, want %d", got, want)
	}
	write(t, filepath.Join(dir, "app", "node_modules", "d", "e.js"), "")
	must(t, os.Mkdir(filepath.Join(dir, "app", "new"), 0o755))
	r.until(filepath.Join(dir, "app", "new"))
	if got := watched(t) - before; got != want+1 {
		t.Errorf("with a new folder, %d folders are watched, want %d", got, want+1)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "app")))
	r.until(filepath.Join(dir, "app"))
	for end := time.Now().Add(deadline); watched(t)-before != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("with app gone, %d folders are watched, want 2", watched(t)-before)
		}
	}
	must(t, r.w.Set(nil))
	if got := watched(t) - before; got != 0 {
		t.Errorf("with nothing to watch, %d folders are watched", got)
	}
}
