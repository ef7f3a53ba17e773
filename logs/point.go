package logs

import (
	"hash/maphash"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// point remembers which lines of a container were delivered, well enough to
// resume its log at any line.
//
// The API takes a start time in whole seconds only, so a resumed log begins
// with lines that are known. And the lines of stdout and stderr are stamped
// apart and may be stored out of order by a little, so a time alone does not
// tell what is known. The point therefore keeps the identity of each line of
// the last two seconds in which there were lines.
type point struct {
	from   time.Time                   // nothing before this is wanted; zero: everything is
	newest time.Time                   // of all lines delivered
	seen   map[int64]map[uint64]uint32 // second -> identity -> how often
}

// window is how many seconds before the newest one are remembered. Lines are
// taken to be out of order by less than that.
const window = 1

var seed = maphash.MakeSeed()

func identity(at time.Time, text string) uint64 {
	return maphash.String(seed, text) ^ uint64(at.UnixNano())*0x9e3779b97f4a7c15
}

func (p *point) add(at time.Time, id uint64) {
	second := at.Unix()
	if at.After(p.newest) {
		if second != p.newest.Unix() {
			maps.DeleteFunc(p.seen, func(s int64, _ map[uint64]uint32) bool { return s < second-window })
		}
		p.newest = at
	} else if second < p.newest.Unix()-window {
		return
	}
	if p.seen == nil {
		p.seen = map[int64]map[uint64]uint32{}
	}
	ids := p.seen[second]
	if ids == nil {
		ids = map[uint64]uint32{}
		p.seen[second] = ids
	}
	ids[id]++
}

// since is the time to ask for, nil for all there is.
func (p *point) since() *metav1.Time {
	at := p.from
	if !p.newest.IsZero() {
		at = time.Unix(p.newest.Unix()-window, 0)
	}
	if at.IsZero() {
		return nil
	}
	return &metav1.Time{Time: at}
}

func (p *point) clone() point {
	c := *p
	c.seen = make(map[int64]map[uint64]uint32, len(p.seen))
	for s, ids := range p.seen {
		c.seen[s] = maps.Clone(ids)
	}
	return c
}

// filter recognises the lines of a resumed log that were delivered before.
type filter struct{ point }

// resume returns a filter for a log that starts at p.since(). The lines that
// also knows of are recognised as well.
func (p *point) resume(also *point) *filter {
	f := &filter{p.clone()}
	for s, ids := range also.seen {
		if f.seen[s] == nil {
			f.seen[s] = map[uint64]uint32{}
		}
		for id, n := range ids {
			f.seen[s][id] = max(f.seen[s][id], n)
		}
	}
	return f
}

// known reports whether the next line of the log was delivered before.
func (f *filter) known(at time.Time, id uint64) bool {
	if at.Before(f.from) {
		return true
	}
	ids := f.seen[at.Unix()]
	n := ids[id]
	if n == 0 {
		return false
	}
	if ids[id] = n - 1; n == 1 {
		delete(ids, id)
	}
	return true
}
