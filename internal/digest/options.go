package digest

import (
	"context"
	"time"
)

// Options of a Hasher. The zero value is good.
type Options struct {
	// Cache is the file that keeps what is known between runs; see CachePath. By
	// default nothing is kept.
	Cache string
	// Large is told of a walk that takes more than a second, every other second.
	// It must return at once and not call the Hasher. May be nil.
	Large func(Large)
}

// Open returns a Hasher that knows what the cache file says. A file that cannot
// be used is ignored.
func Open(o Options) *Hasher {
	h := &Hasher{now: time.Now, cache: o.Cache, large: o.Large, patience: largeAfter}
	h.readers.New = newReader
	h.store.dirty = make(chan struct{}, 1)
	h.store.today = uint32(h.now().Unix() / (24 * 60 * 60))
	if h.cache != "" {
		h.load()
	}
	return h
}

const (
	saveSoon  = 2 * time.Second  // after the first look
	saveLater = 30 * time.Second // after that
)

// Keep saves now and then what is new, and at the end of ctx. It returns the error
// of that last time: a cache that cannot be written costs time at the next start
// and nothing else.
func (h *Hasher) Keep(ctx context.Context) error {
	wait := saveSoon
	for {
		select {
		case <-h.store.dirty:
		case <-ctx.Done():
			return h.Save()
		}
		select {
		case <-time.After(wait):
			_ = h.Save() // the next time tells
		case <-ctx.Done():
			return h.Save()
		}
		wait = saveLater
	}
}
