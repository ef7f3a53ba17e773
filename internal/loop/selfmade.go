package loop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/plan"
)

// runs are the times at which devloop ran something that may write anywhere:
// prebuild commands and hooks. A file that was written in one of them may be
// ours; one that was written outside is somebody else's for sure.
type runs struct {
	mu  sync.Mutex
	all []*run
}

type run struct {
	of       target
	from, to time.Time // to is zero while it runs
}

func (r *run) String() string {
	switch r.of.kind {
	case custom:
		return "the custom command of image " + r.of.name
	case image:
		return "the prebuild command of image " + r.of.name
	}
	return "the hooks of release " + r.of.name
}

// keep bounds what is remembered: far more than a loop of a few targets needs.
const keep = 200

// begin notes that something of a target runs from now on, until end, which tells
// whether it did at all.
func (r *runs) begin(of target) (end func(did bool)) {
	one := &run{of: of, from: time.Now()}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	if len(r.all) > keep {
		r.all = slices.Delete(r.all, 0, len(r.all)-keep)
	}
	return func(did bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if one.to = time.Now(); !did {
			r.all = slices.DeleteFunc(r.all, func(o *run) bool { return o == one })
		}
	}
}

// grain is how much coarser the times of a file system may be than the clock.
const grain = 10 * time.Millisecond

// ran is what ran when an input of a target was last written; nil when nothing
// did. An image's own command does not count: what it writes is learned, so what
// else is written while it runs is somebody else's.
func (r *runs) ran(t target, path string) *run {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) { // its folder knows when it was removed
		info, err = os.Lstat(filepath.Dir(path))
	}
	if err != nil {
		return nil
	}
	at := info.ModTime()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range slices.Backward(r.all) {
		if at.After(one.from.Add(-grain)) && (one.to.IsZero() || !at.After(one.to)) && (t.kind != image || one.of != t) {
			return one
		}
	}
	return nil
}

// selfCaused is how many times in a row a target may be worked on because of
// files that were written while devloop ran something. The next time may still be
// an impatient user: it is put off for a moment in which a loop writes nothing.
const selfCaused = 5

// loops finds targets that are worked on because of what the work itself writes.
type loops struct {
	runs  *runs
	chain map[target]chain
	held  map[target]held
}

// chain are iterations in a row that were caused so, each in another run.
type chain struct {
	times int
	last  *run
}

// held is a target that is left as it is.
type held struct {
	why  string
	tree digest.Tree // its inputs, as last seen
}

// hold takes those actions out that go on with a loop, and says so.
func (o *owner) hold(actions []plan.Action) []plan.Action {
	return slices.DeleteFunc(actions, func(a plan.Action) bool {
		if a.Do == plan.Reload {
			return false
		}
		t := targetOf(a)
		var by *run
		for _, path := range a.Paths {
			if by = o.loops.runs.ran(t, o.absolute(path)); by == nil {
				break
			}
		}
		c := o.loops.chain[t]
		switch {
		case by == nil:
			delete(o.loops.chain, t)
			return false
		case by != c.last:
			c = chain{c.times + 1, by}
			o.loops.chain[t] = c
		}
		if c.times <= selfCaused+1 {
			return false
		}
		w, _ := t.of(o.files.state)
		why := fmt.Sprintf("%s %s is in a loop: %s was written %d times in a row while devloop ran %s",
			t.kind, t.name, cause(a.Paths, o.number), c.times, by)
		o.loops.held[t] = held{why, w.inputs}
		o.pass(t)
		o.opts.Emit(event.Failed{Iteration: o.number, Target: t.name, TargetKind: string(t.kind), Stage: "loop", Error: why,
			Hint: "have it write only what differs, or elsewhere; devloop goes on with this " + string(t.kind) + " when somebody else saves one of its files, or after devloop retry"})
		return true
	})
}

// letGo ends the hold on targets of which somebody else has saved a file.
func (o *owner) letGo(l look, saved map[string]bool) {
	for t, h := range o.loops.held {
		now, there := t.of(l.state)
		paths := h.tree.Diff(now.inputs)
		for path := range saved {
			if now.inputs.Has(path) {
				paths = append(paths, path)
			}
		}
		foreign := slices.ContainsFunc(paths, func(path string) bool {
			return o.loops.runs.ran(t, o.absolute(path)) == nil
		})
		if foreign || !there {
			o.free(t)
			continue
		}
		o.loops.held[t] = held{h.why, now.inputs}
	}
}

func (o *owner) free(t target) {
	delete(o.loops.held, t)
	delete(o.loops.chain, t)
}

// absolute is where an input is written: a setting in devloop.yaml.
func (o *owner) absolute(path string) string {
	if strings.HasPrefix(path, relative(o.opts.dir(), o.opts.File)+" (") {
		return o.opts.File
	}
	return filepath.Join(o.opts.dir(), filepath.FromSlash(path))
}
