package forward

import (
	"context"
	"fmt"
	"maps"
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

// Run forwards until ctx ends, then closes every listener and connection.
func (f *Forwarder) Run(ctx context.Context) error {
	defer f.end.Do(func() { close(f.done) })
	var g errgroup.Group
	defer func() { _ = g.Wait() }()
	running := map[Target]func(){} // closes the listener at once, then the connections
	at := map[Target]State{}
	found, checked := map[Target]bool{}, make(chan []finding)
	due := f.checks // nil while a check is under way
	defer func() {
		for _, stop := range running {
			stop()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-due:
			due = nil
			open := slices.DeleteFunc(slices.Collect(maps.Keys(running)), func(t Target) bool { return found[t] })
			g.Go(func() error {
				select {
				case checked <- f.find(ctx, open):
				case <-ctx.Done():
				}
				return nil
			})
		case all := <-checked:
			due = f.checks
			for _, one := range all {
				if running[one.target] != nil {
					found[one.target] = one.there
					f.note(one, at)
				}
			}
		case targets := <-f.targets:
			wanted := map[Target]bool{}
			for _, t := range targets {
				wanted[t] = true
			}
			for t, stop := range running {
				if !wanted[t] {
					stop()
					delete(running, t)
					delete(found, t)
					f.told.Ended(t, url(at[t].Address))
				}
			}
			for _, t := range targets {
				if running[t] != nil {
					continue
				}
				l, err := f.listen(ctx, t)
				if err != nil {
					at[t] = State{Target: t, Problem: err.Error()}
					f.told.Failed(fmt.Sprintf("%s is not forwarded: %v", t, err))
					continue
				}
				at[t] = State{Target: t, Address: l.Addr().String()}
				one, cancel := context.WithCancel(ctx)
				running[t] = func() { l.Close(); cancel() }
				g.Go(func() error { f.serve(one, t, l); return nil })
			}
			f.keep(targets, at)
		}
	}
}

// keep has States tell of the targets, and forgets the others.
func (f *Forwarder) keep(targets []Target, at map[Target]State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.states = nil
	for _, t := range targets {
		f.states = append(f.states, at[t])
	}
	maps.DeleteFunc(at, func(t Target, _ State) bool { return !slices.Contains(targets, t) })
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
