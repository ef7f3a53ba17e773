package logs

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// manager owns what a Run follows. Its run goroutine alone uses the maps.
type manager struct {
	*Streamer
	group   *errgroup.Group
	lines   *order
	begun   time.Time
	ahead   time.Duration // the cluster's clock is, of this machine's
	events  chan podEvent
	wanted  []Selector
	watches map[string]*namespace
	pods    map[podKey]*pod
	refused sync.Once
	missing []error // with Once: the logs given up; under mu
}

// namespace is one that is watched.
type namespace struct {
	cancel context.CancelFunc
	listed bool // its first list has arrived
}

// podKey tells a pod from a later one of the same name.
type podKey struct {
	namespace string
	uid       types.UID
}

type pod struct {
	latest     *corev1.Pod
	first      *corev1.Pod // as it was there before; nil: it came later
	containers map[string]*tracked
	crashed    map[string]crashed // by container
	looked     bool               // for crashes, at least once
}

func (m *manager) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.changed:
			m.mu.Lock()
			m.wanted = m.selectors
			m.mu.Unlock()
			m.reselect(ctx)
		case ev := <-m.events:
			m.take(ctx, ev)
		}
	}
}

// look starts the followers of all that is there.
func (m *manager) look(ctx context.Context) error {
	m.mu.Lock()
	m.wanted = m.selectors
	m.mu.Unlock()
	seen := map[string]bool{}
	for _, s := range m.wanted {
		if seen[s.Namespace] {
			continue
		}
		seen[s.Namespace] = true
		w := podWatch{client: m.client, namespace: s.Namespace, emit: func(ctx context.Context, ev podEvent) error {
			m.ahead = ev.ahead
			for i := range ev.all {
				m.takePod(ctx, &ev.all[i], false, true)
			}
			return nil
		}}
		if _, err := w.list(ctx); err != nil {
			return err
		}
	}
	return nil
}

// reselect fits the watches and followers to the selectors.
func (m *manager) reselect(ctx context.Context) {
	keep := map[string]bool{}
	for _, s := range m.wanted {
		keep[s.Namespace] = true
		if m.watches[s.Namespace] == nil {
			m.watchNamespace(ctx, s.Namespace)
		}
	}
	for key, p := range m.pods {
		if keep[key.namespace] {
			m.fit(ctx, p)
			m.crashes(p, false)
			continue
		}
		p.rest()
		m.crashes(p, true)
		delete(m.pods, key)
	}
	for name, ns := range m.watches {
		if !keep[name] {
			ns.cancel()
			delete(m.watches, name)
		}
	}
}

func (m *manager) watchNamespace(ctx context.Context, name string) {
	ctx, cancel := context.WithCancel(ctx)
	m.watches[name] = &namespace{cancel: cancel}
	w := podWatch{
		client:    m.client,
		namespace: name,
		failed:    m.once(),
		emit: func(ctx context.Context, ev podEvent) error {
			select {
			case m.events <- ev:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
	m.group.Go(func() error {
		defer cancel()
		w.run(ctx)
		return nil
	})
}

// once tells an error to Notice unless it is the one told last. nil says that
// it works again.
func (m *manager) once() func(error) {
	last := ""
	return func(err error) {
		switch {
		case err == nil:
			last = ""
		case !errors.Is(err, errEnded) && err.Error() != last:
			last = err.Error()
			m.opts.Notice(err)
		}
	}
}

// take takes in what a namespace's watch tells.
func (m *manager) take(ctx context.Context, ev podEvent) {
	ns := m.watches[ev.namespace]
	if ns == nil {
		return // told before the watch was ended
	}
	if !ev.listed {
		m.takePod(ctx, ev.pod, ev.deleted, false)
		return
	}
	m.ahead = ev.ahead
	there := map[podKey]bool{}
	for i := range ev.all {
		p := &ev.all[i]
		there[podKey{p.Namespace, p.UID}] = true
		m.takePod(ctx, p, false, !ns.listed)
	}
	ns.listed = true
	for key, p := range m.pods {
		if key.namespace == ev.namespace && !there[key] {
			m.takePod(ctx, p.latest, true, false)
		}
	}
}

func (m *manager) takePod(ctx context.Context, latest *corev1.Pod, deleted, old bool) {
	key := podKey{latest.Namespace, latest.UID}
	p := m.pods[key]
	if p == nil {
		if deleted {
			return
		}
		p = &pod{containers: map[string]*tracked{}, crashed: map[string]crashed{}}
		if old {
			p.first = latest
		}
		m.pods[key] = p
	}
	p.latest = latest
	m.fit(ctx, p)
	m.crashes(p, deleted)
	for name, t := range p.containers {
		v := viewOf(latest, name)
		v.gone = deleted
		t.follower.board.set(v)
	}
	if deleted {
		delete(m.pods, key) // the followers end by themselves
	}
}

// releaseOf is the release of the first selector that chooses a pod.
func (m *manager) releaseOf(p *corev1.Pod) (release string, selected bool) {
	for _, s := range m.wanted {
		if s.matches(p) {
			return s.Release, true
		}
	}
	return "", false
}

// fit starts the followers of a pod's containers that have run, or lets them
// rest, as the selectors say.
func (m *manager) fit(ctx context.Context, p *pod) {
	release, selected := m.releaseOf(p.latest)
	if !selected {
		p.rest()
		return
	}
	for _, name := range containers(p.latest) {
		if !m.opts.Filter.follows(p.latest.Name, name) {
			continue
		}
		v := viewOf(p.latest, name)
		t := p.containers[name]
		if t == nil {
			if !v.ran() {
				continue
			}
			t = &tracked{follower: m.newFollower(p, name, v)}
			p.containers[name] = t
		}
		if t.cancel != nil && t.release != release {
			t.rest()
		}
		if t.cancel == nil {
			m.start(ctx, t, release)
		}
	}
}
