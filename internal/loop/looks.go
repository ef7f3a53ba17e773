package loop

import (
	"context"
	"slices"
	"time"

	"github.com/devloop-dev/devloop/internal/inputs"
)

// looks says which looks at the files are under way and due. At most one is
// under way.
type looks struct {
	looker *looker
	number int              // of the last one that began
	under  bool             // it is under way
	next   *inputs.Change   // of the one to begin after it
	due    <-chan time.Time // when to look again at files that were just being written
	again  inputs.Change    // of that look
	put    time.Duration    // how long what was found was not believed so far
	from   int              // number of the first look that counts
	doubt  map[target]bool  // targets whose files are being looked at anew
}

// busy: what the files say is not known for sure.
func (l *looks) busy() bool { return l.under || l.due != nil }

// both is what two changes are together.
func both(a, b inputs.Change) inputs.Change {
	return inputs.Change{Paths: slices.Concat(a.Paths, b.Paths), All: a.All || b.All}
}

// look has a worker read what may have changed, after the look under way if there
// is one.
func (o *owner) look(ctx context.Context, s inputs.Change) {
	l := &o.looks
	if l.under {
		if l.next != nil {
			s = both(s, *l.next)
		}
		l.next = &s
		return
	}
	s = both(s, l.again)
	l.again, l.due = inputs.Change{}, nil
	l.under = true
	l.number++
	number, looker := l.number, l.looker
	o.work(ctx, func() report {
		got, err := looker.look(ctx, s)
		got.number, got.scope = number, s
		return looked{got, err}
	})
}

// anew has a target's files read once more, since work of ours may have changed
// them, and believes no look that began before.
func (o *owner) anew(ctx context.Context, t target) {
	o.looks.from, o.looks.doubt[t] = o.looks.number+1, true
	if t.kind == image {
		im := o.files.project.Images[t.name]
		o.look(ctx, inputs.Change{Paths: []string{im.Context, im.Dockerfile}})
		return
	}
	r := o.files.project.Releases[t.name]
	o.look(ctx, inputs.Change{Paths: append(inputs.ValueFiles(r), r.Chart)})
}

type looked struct {
	look
	err error
}

func (l looked) take(ctx context.Context, o *owner) error {
	o.looks.under = false
	if l.err != nil {
		return l.err
	}
	next := o.looks.next
	o.looks.next = nil
	o.seen(ctx, l.look)
	if next != nil {
		o.look(ctx, *next)
	}
	return nil
}

// seen takes a look over: work that it outdates is ended, what it asks for is
// begun, all else goes on.
func (o *owner) seen(ctx context.Context, l look) {
	if l.number < o.looks.from {
		return
	}
	o.configured(l)
	if l.project == nil {
		o.paths = nil
		return
	}
	o.known.retry(l, o.arrived())
	o.letGo(l, o.arrived())
	actions := o.asksFor(l)
	if o.number > 0 && o.looks.put < patience && o.fresh(l, actions) {
		o.looks.put += quiet
		o.looks.again = both(o.looks.again, l.scope)
		o.looks.due = time.After(quiet)
		return
	}
	o.looks.put = 0
	o.profiled(l)
	o.files = l
	clear(o.looks.doubt)
	o.named(l)
	o.part(ctx)
	o.forward()
	o.guards.hold(ctx, l.project.Drift)
	if o.paused || len(o.blocked) > 0 && len(o.paths) == 0 && !o.asked {
		return
	}
	o.blocked, o.asked = nil, false // any save or question is a reason to try to reach them
	var it *iteration
	if actions = o.hold(actions); len(actions) > 0 {
		it = o.begin(actions)
	} else {
		o.unchanged(l)
	}
	o.paths = nil
	o.advance(ctx, it)
}
