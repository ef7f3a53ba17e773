//go:build sandbox

package deploy

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// traffic keeps the requests that a client makes.
type traffic struct {
	http.RoundTripper

	mu       sync.Mutex
	requests []string
}

func (c *traffic) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.requests = append(c.requests, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery)
	c.mu.Unlock()
	return c.RoundTripper.RoundTrip(r)
}

// taken are the requests since the last call, and how many of them write.
func (c *traffic) taken() (all []string, writes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, c.requests = c.requests, nil
	for _, r := range all {
		if !strings.HasPrefix(r, http.MethodGet+" ") {
			writes++
		}
	}
	return all, writes
}

// counted is the sandbox through a client whose requests are kept.
func (s *sandbox) counted(t *testing.T) (*Cluster, *traffic) {
	t.Helper()
	count := &traffic{}
	return s.through(t, func(next http.RoundTripper) http.RoundTripper {
		count.RoundTripper = next
		return count
	}), count
}

// through is the sandbox reached in another way.
func (s *sandbox) through(t *testing.T, way transport.WrapperFunc) *Cluster {
	t.Helper()
	config := rest.CopyConfig(s.getter.config)
	config.Wrap(way)
	c, err := New(config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAnEditHasABudgetOfRequests counts what a values edit asks of the API server
// and writes there, as a loop does it: written, guarded and waited for. It is the
// same however many objects the release has.
func TestAnEditHasABudgetOfRequests(t *testing.T) {
	const (
		mostWrites   = 4  // the object, the new record twice, the old record
		mostRequests = 14 // watches come and go
	)
	for _, n := range []int{4, 100} {
		t.Run(fmt.Sprint(n, "-objects"), func(t *testing.T) {
			s := newSandbox(t)
			c, count := s.counted(t)
			rel := s.release(t, many(n-1))
			l := &looping{c: c}
			defer l.end(t)
			for i := range 5 {
				rel.Set = map[string]any{"who": fmt.Sprint(i)}
				l.edit(t, rel)
				all, writes := count.taken()
				if i < 2 {
					continue // what is asked once, and kept
				}
				t.Logf("edit %d: %d requests, of which %d write", i, len(all), writes)
				if len(all) > mostRequests || writes > mostWrites {
					t.Errorf("edit %d: %d requests, of which %d write; the budget is %d and %d:\n%s", i, len(all), writes,
						mostRequests, mostWrites, strings.Join(all, "\n"))
				}
			}
		})
	}
}

// looping is what a loop does with a release from edit to edit.
type looping struct {
	c     *Cluster
	stop  context.CancelFunc
	ended chan error
}

func (l *looping) edit(t *testing.T, rel Release) {
	t.Helper()
	l.end(t)
	res, err := l.c.Apply(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l.stop, l.ended = stop, make(chan error, 1)
	go func() { l.ended <- l.c.Guard(ctx, res, DriftCorrect, func(Drift) {}) }()
	if err := l.c.Wait(t.Context(), res, nil); err != nil {
		t.Fatal(err)
	}
}

func (l *looping) end(t *testing.T) {
	t.Helper()
	if l.stop == nil {
		return
	}
	l.stop()
	if err := <-l.ended; err != nil {
		t.Error(err)
	}
}

// TestFiftyEditsLeaveNothingOpen edits a release with a pod and looks at what this
// process holds afterwards.
func TestFiftyEditsLeaveNothingOpen(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	l := &looping{c: s.Cluster}
	defer l.end(t)
	edits := func(from, to int) {
		for i := from; i < to; i++ {
			rel.Set = map[string]any{"who": fmt.Sprint(i)}
			l.edit(t, rel)
		}
	}
	edits(0, 5)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	edits(5, 55)
	// Some end a moment after whoever used them.
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > goroutines+few || openFiles(t) > files+few {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines and %d open files after 50 edits, were %d and %d:\n%s", runtime.NumGoroutine(), openFiles(t),
				goroutines, files, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

// few is what differs from moment to moment, as connections are opened and closed;
// what 50 edits leave behind would be more.
const few = 8

func openFiles(t *testing.T) int {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("list the open files of this process: %d found, %v", len(names), err)
	}
	return len(slices.DeleteFunc(names, func(name string) bool {
		_, err := os.Readlink(name) // that of the listing itself is gone
		return err != nil
	}))
}
