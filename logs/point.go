package logs

import (
	"hash/maphash"
	"maps"
	"slices"
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
	from   time.Time          // nothing before this is wanted; zero: everything is
	newest time.Time          // of all lines delivered
	seen   map[int64][]uint64 // second -> identities, only ever appended to
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
			maps.DeleteFunc(p.seen, func(s int64, _ []uint64) bool { return s < second-window })
		}
		p.newest = at
	} else if second < p.newest.Unix()-window {
		return
	}
	if p.seen == nil {
		p.seen = map[int64][]uint64{}
	}
	p.seen[second] = append(p.seen[second], id)
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

// clone shares what is there: appending to either leaves the other as it is.
func (p *point) clone() point {
	c := *p
	c.seen = make(map[int64][]uint64, len(p.seen))
	for s, ids := range p.seen {
		c.seen[s] = slices.Clip(ids)
	}
	return c
}

// resumed recognises the lines of a resumed log that were delivered before.
type resumed struct {
	from time.Time
	last int64                       // the last second with lines that are known
	seen map[int64]map[uint64]uint32 // second -> identity -> how often
}

// resume returns what recognises the known lines of a log that starts at
// p.since(). The lines that also knows of are recognised as well.
func (p *point) resume(also *point) *resumed {
	r := &resumed{from: p.from, seen: map[int64]map[uint64]uint32{}}
	r.know(p)
	if also != p {
		r.know(also)
	}
	return r
}

// know adds the lines of a point, those that others know as well only once.
func (r *resumed) know(p *point) {
	for s, ids := range p.seen {
		own := make(map[uint64]uint32, len(ids))
		for _, id := range ids {
			own[id]++
		}
		for id, n := range r.seen[s] {
			own[id] = max(own[id], n)
		}
		r.seen[s], r.last = own, max(r.last, s)
	}
}

// known reports whether the next line of the log was delivered before.
func (r *resumed) known(at time.Time, id uint64) bool {
	if at.Before(r.from) {
		return true
	}
	if at.Unix() > r.last+window {
		clear(r.seen) // the log has passed all of them
		return false
	}
	ids := r.seen[at.Unix()]
	n := ids[id]
	if n == 0 {
		return false
	}
	if ids[id] = n - 1; n == 1 {
		delete(ids, id)
	}
	return true
}
