package logs

import (
	"context"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// follower reads the log of one container of one pod through all its runs.
type follower struct {
	common Line                                // what each line has in common
	open   openFunc                            // of the pod's log
	send   func(context.Context, []Line) error // takes all of them or fails
	from   *source                             // the queue that send fills
	leave  func()                              // says that nothing will come for now
	board  *board
	failed func(error) // told of each attempt
	lost   func(error) // told of a log that is given up

	filter Filter
	trail  trail
	once   bool // only what there is now

	old     view          // the runs that were there before
	tail    *int64        // lines wanted of each of those; nil: all
	since   time.Duration // their age at made; 0: any
	made    time.Time
	fromEnd bool   // none of them is wanted, and where they end is not known yet
	begun   string // the run that the latest line is of

	point point               // what was delivered
	mark  mark                // the latest stream of a current run
	done  map[string]struct{} // runs that were read to their end
	wait  time.Duration       // before the next attempt
	batch batch

	of       reading   // what was read last; the rest here is of it
	rest     string    // text after the last line end, which was not delivered yet
	restTime time.Time // of that line
	latest   string    // what the latest stream had after its last line end
	attempts int       // to read it
}

// reading is one of the two logs that a run can be read by.
type reading struct {
	run      string
	previous bool
}

// openFunc opens a log.
type openFunc func(context.Context, *corev1.PodLogOptions) (io.ReadCloser, error)

// mark remembers how a stream began. The log of "the current run" is that of
// the run the kubelet has in mind, which may be a later one than the pod's
// status tells yet.
type mark struct {
	id    string
	point point
	first time.Time // of the first new line
}

// foreign reports whether what the stream brought may belong to a later run.
// Statuses have times in whole seconds, so a line before the second in which
// the run finished is surely its own.
func (m *mark) foreign(run instance) bool {
	return m.id == run.id && !m.first.IsZero() && !m.first.Before(run.finished)
}

const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second

	// mostAttempts is how often a log that goes on is read with once.
	mostAttempts = 5

	// lingering streams are ended when their run is over and no line has come
	// for so long.
	linger = time.Second
)

// run follows until ctx ends or the pod is gone and its log read.
func (f *follower) run(ctx context.Context) {
	f.wait = firstWait
	defer f.leave()
	for ctx.Err() == nil {
		v, changed := f.board.get()
		run, previous := f.pick(v)
		if run.id == "" {
			if v.gone || f.once {
				f.flush(ctx)
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if f.read(ctx, run, previous) {
			f.done[run.id] = struct{}{}
			f.wait = firstWait
			continue
		}
		if v, _ := f.board.get(); v.gone {
			f.flush(ctx)
			return // the log is gone with the pod
		}
		timer := time.NewTimer(f.wait)
		select {
		case <-changed:
		case <-timer.C:
			f.wait = min(2*f.wait, lastWait)
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// pick chooses the run to read now: the earliest that is not read to its end.
func (f *follower) pick(v view) (run instance, previous bool) {
	for id := range f.done {
		if id != v.current.id && id != v.previous.id {
			delete(f.done, id)
		}
	}
	if _, done := f.done[v.previous.id]; v.previous.id != "" && !done {
		return v.previous, true
	}
	if _, done := f.done[v.current.id]; !done {
		return v.current, false
	}
	return instance{}, false
}

// read reads a run's log once and reports whether there is nothing more to
// come from it. That a stream ends does not prove it: the API server ends it
// in the same way when its connection to the kubelet breaks. A run is read to
// its end when, after it was over, a whole stream brought nothing new.
func (f *follower) read(ctx context.Context, run instance, previous bool) bool {
	if !f.turn(ctx, run, previous) {
		return false
	}
	opts := corev1.PodLogOptions{
		Container:  f.common.Container,
		Timestamps: true,
		Follow:     run.running && !f.once,
		Previous:   previous,
	}
	base := &f.point
	if previous && f.mark.foreign(run) {
		base = &f.mark.point // the end of this run may still be missing
	}
	old := f.begun != run.id && (run.id == f.old.current.id || run.id == f.old.previous.id)
	if old && f.fromEnd {
		if err := f.skip(ctx, previous); err != nil {
			return f.unread(ctx, err, false) && !run.running
		}
	}
	opts.SinceTime = base.since()
	if old {
		opts.TailLines = f.tail
		if f.since > 0 && opts.SinceTime == nil {
			opts.SinceSeconds = seconds(f.since + time.Since(f.made))
		}
	}
	if !previous && (run.running || !f.mark.foreign(run)) {
		f.mark = mark{id: run.id, point: f.point.clone()}
	}
	before := f.latest
	got, err := f.stream(ctx, run, &opts, base)
	if got > 0 {
		f.wait = firstWait
	}
	same := err == nil && got == 0 && f.latest == before
	f.attempts++
	last := f.once && run.running && f.attempts >= mostAttempts
	gone := f.unread(ctx, err, last)
	if ctx.Err() != nil || run.running && !f.once {
		return false
	}
	return (gone || same || last) && f.flush(ctx)
}

// turn readies the follower for a log that may be another than it read before. It
// reports false if ctx ended.
func (f *follower) turn(ctx context.Context, run instance, previous bool) bool {
	to := reading{run.id, previous}
	switch {
	case f.of == to:
		return true
	case f.of.run != run.id:
		if !f.flush(ctx) { // nobody can read on there any more
			return false
		}
	case f.mark.foreign(run):
		f.rest = "" // it may be of a later run, which brings it again
	}
	f.of, f.latest, f.attempts = to, "", 0
	return true
}

// flush delivers a last line without line end. It reports false if ctx ended first.
func (f *follower) flush(ctx context.Context) bool {
	if f.rest == "" {
		return true
	}
	f.addRest()
	if f.deliver(ctx) == 0 {
		return false
	}
	f.rest = ""
	return true
}

// addRest takes what is held back for a whole line.
func (f *follower) addRest() { f.add(f.restTime, f.rest, identity(f.restTime, f.rest)) }
