package forward

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// pods leads connections to a ready pod of one target. The stream
// connection to a pod is kept while that pod is ready.
type pods struct {
	forwarder *Forwarder
	target    Target

	mu       sync.Mutex
	endpoint endpoint
	stream   httpstream.Connection   // the newest
	opened   []httpstream.Connection // all that may still carry something
	requests int
}

// patience is how long a connection waits for a pod to be ready, as in the
// middle of a rollout.
const patience = 30 * time.Second

// open returns a stream connection to a ready pod and the number of this request
// on it. A pod that does not answer holds up nobody but the caller.
func (p *pods) open(ctx context.Context) (httpstream.Connection, endpoint, int, error) {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all, err := p.target.await(wait, p.forwarder.client)
	if err != nil {
		return nil, endpoint{}, 0, err
	}
	p.mu.Lock()
	p.requests++
	id := p.requests
	if p.stream != nil && !closed(p.stream) && slices.Contains(all, p.endpoint) {
		defer p.mu.Unlock()
		return p.stream, p.endpoint, id, nil
	}
	p.mu.Unlock()
	stream, err := p.dial(all[0].pod)
	if err != nil {
		return nil, all[0], id, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endpoint, p.stream = all[0], stream
	p.opened = append(slices.DeleteFunc(p.opened, closed), stream)
	return stream, all[0], id, nil
}

func closed(c httpstream.Connection) bool {
	select {
	case <-c.CloseChan():
		return true
	default:
		return false
	}
}

func (p *pods) dial(pod string) (httpstream.Connection, error) {
	f := p.forwarder
	url := f.client.CoreV1().RESTClient().Post().Resource("pods").Namespace(p.target.Namespace).Name(pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(f.config)
	if err != nil {
		return nil, err
	}
	conn, _, err := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, url).Dial(portforward.PortForwardProtocolV1Name)
	return conn, err
}

// connect carries bytes both ways between a local connection and a pod. The
// protocol is that of kubectl port-forward: a pair of streams per connection,
// one for errors, one for data. works is called once the pod is reached.
func (p *pods) connect(ctx context.Context, local net.Conn, works func()) error {
	conn, e, id, err := p.open(ctx)
	if err != nil {
		return err
	}
	headers := http.Header{}
	headers.Set(corev1.PortHeader, strconv.Itoa(int(e.port)))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.Itoa(id))
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	problems, err := conn.CreateStream(headers)
	if err != nil {
		return err
	}
	problems.Close() // nothing is written to it
	defer conn.RemoveStreams(problems)
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := conn.CreateStream(headers)
	if err != nil {
		return err
	}
	defer conn.RemoveStreams(data)
	works()
	defer context.AfterFunc(ctx, func() { _ = data.Reset(); local.Close() })()

	var g errgroup.Group
	g.Go(func() error {
		defer data.Close()
		_, _ = io.Copy(data, local) // the caller may leave at any time
		return nil
	})
	g.Go(func() error {
		defer local.Close()
		_, _ = io.Copy(local, data)
		return nil
	})
	var problem []byte
	g.Go(func() error {
		problem, _ = io.ReadAll(problems)
		if len(problem) > 0 {
			_ = data.Reset()
		}
		return nil
	})
	_ = g.Wait()
	if len(problem) > 0 {
		return fmt.Errorf("pod %s: %s", e.pod, problem)
	}
	return nil
}

func (p *pods) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.opened {
		c.Close()
	}
}
