package logs

import (
	"context"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// tracked is a container with its follower, which rests while the container's
// pod is not selected.
type tracked struct {
	follower *follower
	release  string
	cancel   context.CancelFunc // nil while it rests
	ended    chan struct{}      // closed when the latest run of the follower has returned
}

func (m *manager) newFollower(p *pod, container string, v view) *follower {
	namespace, name := p.latest.Namespace, p.latest.Name
	pods, from := m.client.CoreV1().Pods(namespace), newSource()
	f := &follower{
		common: Line{Namespace: namespace, Pod: name, Container: container},
		board:  newBoard(v),
		failed: m.unread,
		lost:   m.lost,
		done:   map[string]struct{}{},
		open: func(ctx context.Context, opts *corev1.PodLogOptions) (io.ReadCloser, error) {
			return pods.GetLogs(name, opts).Stream(ctx)
		},
		send:   func(ctx context.Context, lines []Line) error { return m.lines.push(ctx, from, lines) },
		leave:  func() { m.lines.leave(from) },
		from:   from,
		filter: m.opts.Filter,
		once:   m.opts.Once,
	}
	if p.first == nil {
		return f
	}
	old := viewOf(p.first, container)
	if !old.ran() || old.started.After(m.begun.Add(m.ahead-startedLately)) {
		return f
	}
	f.old, f.since, f.made = old, m.opts.Since, time.Now()
	switch {
	case m.opts.Tail > 0:
		f.tail = &m.opts.Tail
		if old.current.id != "" && !old.previous.crashed {
			f.done[old.previous.id] = struct{}{} // the tail is that of the current run
		}
	case m.opts.Tail < 0:
		f.done[old.previous.id] = struct{}{}
		if f.fromEnd = old.current.running && !f.once; !f.fromEnd {
			f.done[old.current.id] = struct{}{}
		}
	}
	return f
}

// startedLately: a container is taken to have been there before Run when it
// started earlier than so long before. Its status has whole seconds, and so has
// what is known of the cluster's clock.
const startedLately = 2 * time.Second

func (m *manager) start(ctx context.Context, t *tracked, release string) {
	ctx, cancel := context.WithCancel(ctx)
	before, ended := t.ended, make(chan struct{})
	t.release, t.cancel, t.ended = release, cancel, ended
	m.lines.expect(t.follower.from)
	m.group.Go(func() error {
		defer close(ended)
		defer cancel()
		if before != nil {
			<-before // the follower has one owner at a time
		}
		t.follower.common.Release = release
		t.follower.run(ctx)
		return nil
	})
}

func (t *tracked) rest() {
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

func (p *pod) rest() {
	for _, t := range p.containers {
		t.rest()
	}
}
