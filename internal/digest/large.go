package digest

import (
	"sync"
	"sync/atomic"
	"time"
)

// Large tells of a walk that takes long: most often one over files that nobody
// meant to include.
type Large struct {
	Root  string
	Files int // found so far
	// Biggest is the folder directly below Root with the most files, and Held how
	// many; empty when Root itself holds most.
	Biggest string
	Held    int
}

const (
	largeAfter = time.Second // a walk is told of when it goes on for longer
	largeEvery = 2 * time.Second
)

// counter counts the files of one walk.
type counter struct {
	hasher *Hasher
	root   string
	files  atomic.Int64

	mu    sync.Mutex
	tell  time.Time // when to tell next
	names []string
	tops  []*atomic.Int64
}

func newCounter(h *Hasher, root string) *counter {
	return &counter{hasher: h, root: root, tell: time.Now().Add(h.patience)}
}

// top is the count of one folder directly below the root.
func (c *counter) top(name string) *atomic.Int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := &atomic.Int64{}
	c.names, c.tops = append(c.names, name), append(c.tops, n)
	return n
}

func (c *counter) add(top *atomic.Int64, n int) {
	c.files.Add(int64(n))
	if top != nil {
		top.Add(int64(n))
	}
	if c.hasher.large == nil || !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	if now := time.Now(); now.After(c.tell) {
		c.tell = now.Add(largeEvery)
		c.hasher.large(c.large())
	}
}

func (c *counter) large() Large {
	l := Large{Root: c.root, Files: int(c.files.Load())}
	below := 0
	for i, n := range c.tops {
		n := int(n.Load())
		below += n
		if n > l.Held {
			l.Biggest, l.Held = c.names[i], n
		}
	}
	if own := l.Files - below; own > l.Held {
		l.Biggest, l.Held = "", own
	}
	return l
}
