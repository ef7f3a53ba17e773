package digest

import (
	"slices"
	"strings"
	"sync"
)

// record is what is remembered of one file.
type record struct {
	name string
	stat stat
	sum  sum
}

// shelf holds the records of one folder, by name. A folder's path is kept once
// for all its files.
type shelf struct {
	mu      sync.Mutex
	records []record
	day     uint32 // when it was last asked, in days of the Unix epoch
}

// store is the stat cache: folders by absolute path. It is safe for concurrent
// use; a nil map of shelves is an empty one.
type store struct {
	mu      sync.Mutex
	today   uint32
	shelves map[string]*shelf
	changed bool          // since it was last saved
	dirty   chan struct{} // of one place: changed was set
}

// shelf is that of a folder, empty when nothing is known of it.
func (s *store) shelf(dir string) *shelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.shelves[dir]
	if f == nil {
		if s.shelves == nil {
			s.shelves = map[string]*shelf{}
		}
		f = &shelf{}
		s.shelves[dir] = f
	}
	f.day = s.today
	return f
}

func (s *store) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = true
	select {
	case s.dirty <- struct{}{}:
	default: // was told already
	}
}

func (s *store) get(dir, name string) (record, bool) {
	f := s.shelf(dir)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.get(name)
}

// put remembers a file, or, where its record may not be believed, forgets it.
func (s *store) put(dir string, rec record, keep bool) {
	f := s.shelf(dir)
	f.mu.Lock()
	i, ok := f.find(rec.name)
	switch {
	case ok && keep:
		f.records[i] = rec
	case ok:
		f.records = slices.Delete(f.records, i, i+1)
	case keep:
		f.records = slices.Insert(f.records, i, rec)
	}
	f.mu.Unlock()
	if ok || keep {
		s.touch()
	}
}

func (f *shelf) find(name string) (int, bool) {
	return slices.BinarySearchFunc(f.records, name, func(r record, name string) int { return strings.Compare(r.name, name) })
}

func (f *shelf) get(name string) (record, bool) {
	if i, ok := f.find(name); ok {
		return f.records[i], true
	}
	return record{}, false
}

// holds tells whether that many files are remembered.
func (f *shelf) holds(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.records) == n
}

// renew takes over what a walk found in the folder: the records that may be
// believed and the names of all its files, both sorted. It tells whether that
// changed anything.
func (f *shelf) renew(fresh []record, names []string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	records := make([]record, 0, len(names))
	differs := false
	i, j := 0, 0
	for _, name := range names {
		for i < len(f.records) && f.records[i].name < name {
			i, differs = i+1, true // no longer in the folder
		}
		for j < len(fresh) && fresh[j].name < name {
			j++
		}
		had := i < len(f.records) && f.records[i].name == name
		switch {
		case j < len(fresh) && fresh[j].name == name:
			differs = differs || !had || f.records[i] != fresh[j]
			records = append(records, fresh[j])
		case had:
			records = append(records, f.records[i])
		}
	}
	differs = differs || i < len(f.records)
	if differs {
		f.records = slices.Clip(records)
	}
	return differs
}
