package loop

import (
	"maps"
	"slices"
	"sync"

	"github.com/devloop-dev/devloop/logs"
)

// selected keeps which pods belong to which release, across iterations.
type selected struct {
	mu       sync.Mutex
	releases map[string][]logs.Selector
}

func newSelected() *selected { return &selected{releases: map[string][]logs.Selector{}} }

// set replaces the selectors of one release and returns those of all.
func (s *selected) set(name string, sel []logs.Selector) []logs.Selector {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releases[name] = sel
	return s.all()
}

// drop forgets releases and returns the selectors of the others.
func (s *selected) drop(names []string) []logs.Selector {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.releases, name)
	}
	return s.all()
}

func (s *selected) all() []logs.Selector {
	var all []logs.Selector
	for _, name := range slices.Sorted(maps.Keys(s.releases)) {
		all = append(all, s.releases[name]...)
	}
	return all
}
