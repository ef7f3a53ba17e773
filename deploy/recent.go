package deploy

import "sync"

// rememberedText is how many bytes of text one generation of a cache holds. What a
// text was parsed to takes several times that. Caches are bounded by size, as a save
// of a large file leaves a large text behind each time.
const rememberedText = 8 << 20

// recent keeps what was used of late: a young generation, which becomes the old
// one when it is full, and the old one. It is safe for concurrent use.
type recent[K comparable, V any] struct {
	most int // bytes of a generation

	mu         sync.Mutex
	size       int // of the young generation
	young, old map[K]sized[V]
}

type sized[V any] struct {
	v    V
	size int
}

func (m *recent[K, V]) get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.young[key]; ok {
		return v.v, true
	}
	v, ok := m.old[key]
	if ok {
		m.keep(key, v)
	}
	return v.v, ok
}

// put keeps a value that takes so many bytes, its key included.
func (m *recent[K, V]) put(key K, v V, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(key, sized[V]{v, size + entrySize})
}

// entrySize is about what an entry takes beside its text.
const entrySize = 256

func (m *recent[K, V]) keep(key K, v sized[V]) {
	m.size -= m.young[key].size // 0 for a new one
	if m.size > 0 && m.size+v.size > m.most {
		m.old, m.young, m.size = m.young, nil, 0
	}
	if m.young == nil {
		m.young = map[K]sized[V]{}
	}
	m.young[key] = v
	m.size += v.size
}
