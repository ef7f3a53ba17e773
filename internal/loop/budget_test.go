package loop

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestAThousandIterationsCostTheSameEach saves a values file a thousand times, on
// the fakes. Each save reads that file alone, applies the one release, and leaves
// neither a goroutine nor an open file behind.
func TestAThousandIterationsCostTheSameEach(t *testing.T) {
	r := newRig(t)
	for i := range 300 {
		r.write(fmt.Sprintf("app/d%d/f%d.go", i/20, i), "package main\n")
	}
	r.start()
	r.settled()
	r.work()
	begin := time.Now().Add(-24 * time.Hour)
	n := 0
	save := func() {
		n++
		r.write("base.yaml", fmt.Sprintf("b: %d\n", n))
		// As long ago as if the settle time were over, and each at another time.
		at := begin.Add(time.Duration(n) * time.Second)
		if err := os.Chtimes(filepath.Join(r.dir, "base.yaml"), at, at); err != nil {
			t.Fatal(err)
		}
		r.report("base.yaml")
		r.idleBut("")
	}
	for range 10 {
		save()
	}
	r.work()
	goroutines, files, reads := runtime.NumGoroutine(), openFiles(), r.hasher.Reads()
	const iterations = 1000
	for range iterations {
		save()
		r.want("apply base")
	}
	// The look of a save reads the file, and so does the worker before it applies,
	// since a file this young is not believed by its times. Now and then a look is
	// made again. Of the 300 other files none is read.
	if got := r.hasher.Reads() - reads; got > 3*iterations {
		t.Errorf("%d saves of a file had %d files read", iterations, got)
	}
	for deadline := time.Now().Add(enough); runtime.NumGoroutine() > goroutines || openFiles() > files; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines and %d open files, were %d and %d:\n%s", runtime.NumGoroutine(), openFiles(), goroutines, files,
				stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// openFiles counts those of this process, where the system tells: 0 elsewhere.
func openFiles() int {
	names, _ := filepath.Glob("/proc/self/fd/*")
	return len(names)
}
