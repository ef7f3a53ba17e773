package deploy

import (
	"sync"
	"time"
)

// A field that was put back fightRounds times within fightSpan and differs once
// more belongs to somebody who will not stop.
const (
	fightRounds = 3
	fightSpan   = time.Minute
)

// deletion stands for the whole object where a field is named.
const deletion = ""

// fights counts corrections by object and field. It is safe for concurrent use.
type fights struct {
	mu    sync.Mutex
	times map[*ward]map[string][]time.Time
}

// note counts one correction of a field.
func (f *fights) note(w *ward, field string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times == nil {
		f.times = map[*ward]map[string][]time.Time{}
	}
	if f.times[w] == nil {
		f.times[w] = map[string][]time.Time{}
	}
	f.times[w][field] = append(f.recent(w, field, now), now)
}

// recent are the corrections of a field that still count.
func (f *fights) recent(w *ward, field string, now time.Time) []time.Time {
	times := f.times[w][field]
	for len(times) > 0 && now.Sub(times[0]) >= fightSpan {
		times = times[1:]
	}
	return times
}

// lost says that one more correction of the field is of no use.
func (f *fights) lost(w *ward, field string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.recent(w, field, now)) >= fightRounds
}

// any says that a correction of some field of the object is of no use.
func (f *fights) any(w *ward, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for field := range f.times[w] {
		if len(f.recent(w, field, now)) >= fightRounds {
			return true
		}
	}
	return false
}
