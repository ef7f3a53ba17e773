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

func (m *manager) newFollower(p *corev1.Pod, container string, v view, old bool) *follower {
	pods, name, from := m.client.CoreV1().Pods(p.Namespace), p.Name, newSource()
	f := &follower{
		common: Line{Namespace: p.Namespace, Pod: p.Name, Container: container},
		board:  newBoard(v),
		failed: m.unread,
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
	if !old || v.started.After(m.begun.Add(-startedLately)) {
		return f
	}
	f.old = v
	switch {
	case m.opts.Tail < 0:
		f.point.from = time.Now()
	case m.opts.Tail > 0:
		f.tail = &m.opts.Tail
		if v.current.id != "" && !v.previous.crashed {
			f.done[v.previous.id] = struct{}{} // the tail is that of the current run
		}
	}
	if m.opts.Since > 0 && m.opts.Tail >= 0 {
		f.point.from = time.Now().Add(-m.opts.Since)
	}
	return f
}

// startedLately: a container is taken to have been there before Run when it
// started earlier than so long before. Its status has whole seconds.
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
