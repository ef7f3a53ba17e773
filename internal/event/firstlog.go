package event

import (
	"sync"
	"time"
)

// FirstLogs returns a sink that passes events on, and adds a Stage named log when
// a pod that was not heard before has its first line after a release was applied.
func FirstLogs(to Sink, now func() time.Time) Sink {
	f := &firstLogs{saved: map[int]time.Time{}, waits: map[string]wait{}, heard: map[string]map[string]bool{}}
	return func(e Event) {
		to(e)
		if s, is := f.see(e, now()); is {
			to(s)
		}
	}
}

type firstLogs struct {
	mu    sync.Mutex
	saved map[int]time.Time          // iteration -> when it was saved
	waits map[string]wait            // by release, since it was applied
	heard map[string]map[string]bool // release -> pods
}

type wait struct {
	iteration int
	until     time.Time // a pod that comes later was not made by it
}

// newPods is how long after an apply a pod is taken to come from it.
const newPods = 2 * time.Minute

func (f *firstLogs) see(e Event, now time.Time) (s Stage, is bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := e.(type) {
	case Changed:
		f.saved[e.Iteration] = e.Saved
		delete(f.saved, e.Iteration-100) // whose pods are not waited for any more
	case Stage:
		if e.Name == "apply" && !e.Skipped {
			f.waits[e.Target] = wait{e.Iteration, now.Add(newPods)}
		}
	case Log:
		pods := f.heard[e.Release]
		if pods[e.Pod] {
			return s, false
		}
		w, waits := f.waits[e.Release]
		if pods == nil || waits {
			pods = map[string]bool{} // the others are of older revisions, or have been heard of then
			f.heard[e.Release] = pods
		}
		pods[e.Pod] = true
		delete(f.waits, e.Release)
		if saved, known := f.saved[w.iteration]; waits && known && now.Before(w.until) {
			return Stage{Iteration: w.iteration, Name: "log", Target: e.Release, Detail: e.Pod, Took: now.Sub(saved)}, true
		}
	}
	return s, false
}
