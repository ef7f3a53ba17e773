package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// activity is what the reader of a stream tells to its guard.
type activity struct {
	lines   atomic.Int64
	waiting atomic.Bool // for the network, not for whoever takes the lines
}

// stream reads one connection until it ends and delivers the lines that are
// known from base on. It returns how many those were; the error is nil when
// the log was ended by the other side.
func (f *follower) stream(ctx context.Context, run instance, opts *corev1.PodLogOptions, base *point) (got int, err error) {
	known := base.resume(&f.point)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var act activity
	if opts.Follow {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			f.guard(ctx, run, &act, cancel)
		}()
		defer func() {
			cancel()
			<-ended
		}()
	}
	act.waiting.Store(true)
	body, err := f.open(ctx, opts)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	f.latest = ""
	var also []*point
	if base != &f.point {
		also = []*point{base}
	}
	for lines := newLineReader(body); ; {
		if f.batch.full() || !lines.ready() {
			got += f.deliver(ctx, also...)
			if ctx.Err() != nil {
				return got, ctx.Err()
			}
		}
		act.waiting.Store(true)
		at, text, whole, err := lines.next()
		act.waiting.Store(false)
		act.lines.Add(1)
		if errors.Is(err, errNoTime) {
			got += f.deliver(ctx, also...)
			return got, fmt.Errorf("%w: %s", err, text)
		}
		id := identity(at, text)
		fresh := !at.IsZero() && !known.known(at, id)
		if fresh {
			f.supersede(at, opts.Previous || f.once)
		}
		switch {
		case !fresh && whole:
			continue
		case fresh && whole:
			if f.mark.id == run.id && !opts.Previous && f.mark.first.IsZero() {
				f.mark.first = at
			}
			if (opts.TailLines != nil || opts.SinceSeconds != nil) && f.begun != run.id && f.point.from.Before(at) {
				f.point.from, base.from = at, at // what a later stream brings from before is not wanted
			}
			f.begun = run.id
			f.add(at, text, id)
			continue
		case fresh:
			f.rest, f.restTime, f.latest = text, at, text
		}
		got += f.deliver(ctx, also...)
		if errors.Is(err, io.EOF) {
			return got, ctx.Err()
		}
		return got, err
	}
}

// supersede ends the wait for the end of a line, as one has come that was stored at
// the given time. Where that is another line, this is another run's log by now, and
// with final there is nobody else who can bring the end.
func (f *follower) supersede(at time.Time, final bool) {
	if final && f.rest != "" && !at.Equal(f.restTime) {
		f.addRest()
	}
	f.rest = ""
}

// guard ends a stream whose run is over, or whose pod is gone, when it does
// not end by itself. It returns when ctx ends.
func (f *follower) guard(ctx context.Context, run instance, act *activity, cancel context.CancelFunc) {
	for {
		v, changed := f.board.get()
		if v.gone || v.current.id != run.id || !v.current.running {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
	ticker := time.NewTicker(linger)
	defer ticker.Stop()
	for lines := int64(-1); ; lines = act.lines.Load() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if act.waiting.Load() && act.lines.Load() == lines {
			cancel()
			return
		}
	}
}
