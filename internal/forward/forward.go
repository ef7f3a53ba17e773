package forward

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Forwarder holds the forwards. Make one with New; Run does the work.
type Forwarder struct {
	client kubernetes.Interface
	config *rest.Config
	told   Told

	targets chan []Target
	checks  chan struct{}
	done    chan struct{} // closed when Run has ended
	end     sync.Once

	mu     sync.Mutex
	states []State
}

// State is where one target is reached.
type State struct {
	Target
	Address string // on this machine, host:port; empty where it is not listened on
	Problem string // why nothing answers there, as far as it is known
}

// States are those of what is forwarded now, in the order it was set.
func (f *Forwarder) States() []State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.states)
}

// Told is whom a Forwarder tells, from several goroutines.
type Told struct {
	// Forwarded gets what is reached by a URL from now on; taken is the local port
	// that was asked for but is in use, or 0.
	Forwarded func(t Target, url string, taken int)
	Ended     func(t Target, url string) // is no longer reached
	Failed    func(text string)          // what fails, in words
}

// New returns a Forwarder for one cluster. All of told is required.
func New(config *rest.Config, client kubernetes.Interface, told Told) *Forwarder {
	return &Forwarder{client: client, config: config, told: told,
		targets: make(chan []Target), checks: make(chan struct{}, 1), done: make(chan struct{})}
}

// Set replaces what is forwarded. Forwards that stay keep their connections. It
// waits for Run to take the list over, or to end.
func (f *Forwarder) Set(targets []Target) {
	select {
	case f.targets <- targets:
	case <-f.done:
	}
}

// opened is a target with what leads to it. It belongs to the goroutine of Run.
type opened struct {
	State
	stop  func() // closes the listener at once, then the connections; nil: nothing listens
	found bool   // in the cluster, once
}

// Run forwards until ctx ends, then closes every listener and connection.
func (f *Forwarder) Run(ctx context.Context) error {
	defer f.end.Do(func() { close(f.done) })
	var g errgroup.Group
	defer func() { _ = g.Wait() }()
	all := map[Target]*opened{}
	defer func() {
		for _, o := range all {
			o.close()
		}
	}()
	checked := make(chan []finding)
	due := f.checks // nil while a check is under way
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case targets := <-f.targets:
			f.set(ctx, &g, targets, all)
		case <-due:
			due = nil
			open := unfound(all)
			g.Go(func() error {
				select {
				case checked <- f.find(ctx, open):
				case <-ctx.Done():
				}
				return nil
			})
		case found := <-checked:
			due = f.checks
			f.note(found, all)
		}
	}
}

func (o *opened) close() {
	if o.stop != nil {
		o.stop()
	}
}

// set fits what is open to the targets.
func (f *Forwarder) set(ctx context.Context, g *errgroup.Group, targets []Target, all map[Target]*opened) {
	for t, o := range all {
		if slices.Contains(targets, t) {
			continue
		}
		o.close()
		delete(all, t)
		if o.stop != nil {
			f.told.Ended(t, url(o.Address))
		}
	}
	var states []State
	for _, t := range targets {
		if all[t] == nil || all[t].stop == nil {
			all[t] = f.open(ctx, g, t)
		}
		states = append(states, all[t].State)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.states = states
}

// open begins to forward one target.
func (f *Forwarder) open(ctx context.Context, g *errgroup.Group, t Target) *opened {
	l, err := f.listen(ctx, t)
	if err != nil {
		f.told.Failed(fmt.Sprintf("%s is not forwarded: %v", t, err))
		return &opened{State: State{Target: t, Problem: err.Error()}}
	}
	ctx, cancel := context.WithCancel(ctx)
	g.Go(func() error { f.serve(ctx, t, l); return nil })
	return &opened{State: State{Target: t, Address: l.Addr().String()}, stop: func() { l.Close(); cancel() }}
}

// listen opens the local port, or another when it is taken.
func (f *Forwarder) listen(ctx context.Context, t Target) (net.Listener, error) {
	var lc net.ListenConfig
	address := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
	l, err := lc.Listen(ctx, "tcp", address(t.Local))
	other := err != nil && taken(err)
	if other {
		l, err = lc.Listen(ctx, "tcp", address(0))
	}
	if err != nil {
		return nil, err
	}
	asked := 0
	if other {
		asked = t.Local
	}
	f.told.Forwarded(t, url(l.Addr().String()), asked)
	return l, nil
}

func url(address string) string { return "http://" + address }

// serve connects each caller to a pod, until ctx ends.
func (f *Forwarder) serve(ctx context.Context, t Target, l net.Listener) {
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var g errgroup.Group
	defer func() { _ = g.Wait() }()
	p := &pods{forwarder: f, target: t}
	defer p.close()
	told := once(func(text string) { f.told.Failed(fmt.Sprintf("%s: %s", t, text)) })
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		g.Go(func() error {
			defer conn.Close()
			if err := p.connect(ctx, conn, func() { told("") }); err != nil && ctx.Err() == nil {
				told(err.Error())
			}
			return nil
		})
	}
}

// once says a text unless it was said last: a browser tries again and again. An
// empty text says that it works.
func once(say func(string)) func(string) {
	var mu sync.Mutex
	last := ""
	return func(text string) {
		mu.Lock()
		defer mu.Unlock()
		if text != "" && text != last {
			say(text)
		}
		last = text
	}
}
