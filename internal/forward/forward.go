package forward

import (
	"context"
	"fmt"
	"net"
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
	say    func(text string)

	targets chan []Target
	done    chan struct{} // closed when Run has ended
	end     sync.Once
}

// New returns a Forwarder for one cluster. say is told in words what is forwarded
// and what fails.
func New(config *rest.Config, client kubernetes.Interface, say func(text string)) *Forwarder {
	return &Forwarder{client: client, config: config, say: say, targets: make(chan []Target), done: make(chan struct{})}
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
	defer func() {
		for _, stop := range running {
			stop()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case targets := <-f.targets:
			wanted := map[Target]bool{}
			for _, t := range targets {
				wanted[t] = true
			}
			for t, stop := range running {
				if !wanted[t] {
					stop()
					delete(running, t)
				}
			}
			for _, t := range targets {
				if running[t] != nil {
					continue
				}
				l, err := f.listen(ctx, t)
				if err != nil {
					f.say(fmt.Sprintf("%s is not forwarded: %v", t, err))
					continue
				}
				one, cancel := context.WithCancel(ctx)
				running[t] = func() { l.Close(); cancel() }
				g.Go(func() error { f.serve(one, t, l); return nil })
			}
		}
	}
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
	text := fmt.Sprintf("%s is at http://%s", t, l.Addr())
	if other {
		text += fmt.Sprintf(" (port %d is taken)", t.Local)
	}
	f.say(text)
	return l, nil
}

// serve connects each caller to a pod, until ctx ends.
func (f *Forwarder) serve(ctx context.Context, t Target, l net.Listener) {
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var g errgroup.Group
	defer func() { _ = g.Wait() }()
	p := &pods{forwarder: f, target: t}
	defer p.close()
	told := once(func(text string) { f.say(fmt.Sprintf("%s: %s", t, text)) })
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
