//go:build sandbox

package deploy

import (
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// road is a way to the API server that can be cut.
type road struct {
	net.Listener
	to string

	mu    sync.Mutex
	cut   bool
	open  []net.Conn
	tried int // while cut
}

func newRoad(t *testing.T, to string) *road {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &road{Listener: l, to: to}
	t.Cleanup(func() {
		l.Close()
		r.set(true)
	})
	go r.serve()
	return r
}

func (r *road) serve() {
	for {
		in, err := r.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		if r.cut {
			r.tried++
			in.Close()
		} else if out, err := net.Dial("tcp", r.to); err != nil {
			in.Close()
		} else {
			r.open = append(r.open, in, out)
			go func() { _, _ = io.Copy(in, out) }()
			go func() { _, _ = io.Copy(out, in) }()
		}
		r.mu.Unlock()
	}
}

func (r *road) set(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = cut
	for _, c := range r.open {
		c.Close()
	}
	r.open = nil
}

func TestGuardOutlivesAnOutage(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.idle(t))
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	host, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	way := newRoad(t, host.Host)
	far := rest.CopyConfig(config)
	far.Host = "https://" + way.Addr().String()
	far.TLSClientConfig.ServerName = host.Hostname()
	cluster, err := New(far, Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := (&sandbox{Cluster: cluster, kube: s.kube, namespace: s.namespace}).guard(t, res, DriftCorrect)
	g.settled(t, s)
	way.set(true)
	s.edit(t, cmResource, "config", `{"data":{"who":"hand"}}`)
	s.remove(t, svcResource, "web")
	g.quiet(t, "an edit that cannot be seen")
	way.set(false)
	for range 2 {
		select {
		case d := <-g.told:
			if !d.Corrected {
				t.Errorf("told %s", d)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("not put back after the outage")
		}
	}
	if way.tried == 0 || way.tried > 60 {
		t.Errorf("%d attempts in 0.7 s without a cluster", way.tried)
	}
}
