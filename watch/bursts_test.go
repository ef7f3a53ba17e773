package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestSingleSaveIsToldAtOnce(t *testing.T) {
	path := filepath.Join(tempDir(t), "values.yaml")
	write(t, path, "1")
	r := start(t, Options{}, Root{Path: path})
	write(t, path, "2")
	c := r.next()
	if took := c.Settled.Sub(c.First); took < 25*time.Millisecond || took > 500*time.Millisecond {
		t.Errorf("settled after %v, want 25 ms and little more", took)
	}
}

func TestManyFilesAreFewChanges(t *testing.T) {
	dir := tempDir(t)
	r := start(t, Options{}, Root{Path: dir})
	var want []string
	for i := range 5000 {
		want = append(want, filepath.Join(dir, fmt.Sprintf("n%d", i%70), "deep", fmt.Sprintf("f%d", i)))
	}
	made := make(chan struct{})
	go func() {
		defer close(made)
		for _, p := range want {
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(p, nil, 0o644); err != nil {
				t.Error(err)
			}
		}
	}()
	begun := time.Now()
	n, _ := r.until(want...)
	<-made
	took := time.Since(begun)
	t.Logf("%d changes in %v", n, took)
	if most := 10 + int(took/time.Second); n > most { // some more, since the disk makes pauses
		t.Errorf("%d changes in %v, want at most %d", n, took, most)
	}
}

func TestConstantWritesAreToldWithinMax(t *testing.T) {
	path := filepath.Join(tempDir(t), "log")
	write(t, path, "")
	r := start(t, Options{Max: 200 * time.Millisecond}, Root{Path: path})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = os.WriteFile(path, []byte("x"), 0o644)
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	for range 3 {
		if c := r.next(); c.Settled.Sub(c.First) > 2*time.Second {
			t.Errorf("settled after %v, want about 200 ms", c.Settled.Sub(c.First))
		}
	}
	stop()
	<-done
}

// What happens while the receiver is busy comes with the next change, whole.
func TestSlowReceiverGetsOneMergedChange(t *testing.T) {
	dir := tempDir(t)
	w, err := New(Options{})
	must(t, err)
	must(t, w.Set([]Root{{Path: dir}}))
	r := run(t, w)
	var want []string
	for i := range 200 {
		p := filepath.Join(dir, fmt.Sprintf("f%d", i))
		write(t, p, "")
		want = append(want, p)
		if i%50 == 49 {
			r.holds(len(want), i < 199)
		}
	}
	c := r.next()
	if len(c.Paths) != len(want) || c.Rescan {
		t.Errorf("told %d paths, rescan %v, want %d paths", len(c.Paths), c.Rescan, len(want))
	}
	r.sentinel(dir, "after")
}

// holds waits until n paths are pending and, if ready, offered to the receiver.
func (r *rig) holds(n int, ready bool) {
	r.t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); runtime.Gosched() {
		r.w.mu.Lock()
		ok := len(r.w.pending.paths) == n && (r.w.ready || !ready)
		r.w.mu.Unlock()
		if ok {
			return
		}
	}
	r.t.Fatalf("never held %d paths", n)
}

func TestRunEndsCleanly(t *testing.T) {
	before, fds := runtime.NumGoroutine(), inotifyFiles(t)
	dir := tempDir(t)
	for i := range 5 {
		w, err := New(Options{})
		must(t, err)
		must(t, w.Set([]Root{{Path: dir}}))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx, make(chan Change)) }()
		write(t, filepath.Join(dir, fmt.Sprint(i)), "") // a change nobody takes
		if i%2 == 0 {
			(&rig{t: t, w: w}).holds(1, true)
		}
		cancel()
		must(t, <-done)
		if err := w.Run(t.Context(), nil); !errors.Is(err, ErrClosed) {
			t.Errorf("second Run: %v, want ErrClosed", err)
		}
		if err := w.Set(nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Set after the end: %v, want ErrClosed", err)
		}
	}
	w, err := New(Options{})
	must(t, err)
	must(t, w.Set([]Root{{Path: dir}}))
	must(t, w.Close())
	if got := inotifyFiles(t); got != fds {
		t.Errorf("%d inotify files are open, want %d", got, fds)
	}
	for end := time.Now().Add(deadline); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, want %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

func inotifyFiles(t *testing.T) int {
	t.Helper()
	n := 0
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && strings.Contains(to, "inotify") {
			n++
		}
	}
	return n
}
