package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/docker/docker/client"
)

// proxy stands between devloop and docker and counts what is sent.
type proxy struct {
	address string
	listen  net.Listener
	dial    func(ctx context.Context) (net.Conn, error)
	bytes   atomic.Int64
	conns   sync.WaitGroup
}

// countingProxy starts a proxy that ends after the scenario.
func (b *bench) countingProxy(ctx context.Context, docker *client.Client) (*proxy, error) {
	dir, err := b.folder("docker")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "s")
	listen, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("stand in for docker: %w", err)
	}
	p := &proxy{address: "unix://" + path, listen: listen, dial: docker.Dialer()}
	// Connections live until both sides have closed them, which devloop's end brings
	// about: it ends before the proxy does.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.serve(context.WithoutCancel(ctx))
	}()
	b.processes = append(b.processes, func() error {
		err := listen.Close()
		<-ended
		return err
	})
	return p, nil
}

func (p *proxy) sent() int64 { return p.bytes.Load() }

func (p *proxy) serve(ctx context.Context) {
	defer p.conns.Wait()
	for {
		from, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.conns.Go(func() { p.carry(ctx, from) })
	}
}

func (p *proxy) carry(ctx context.Context, from net.Conn) {
	defer from.Close()
	to, err := p.dial(ctx)
	if err != nil {
		return // devloop sees a connection that docker has closed
	}
	defer to.Close()
	var both sync.WaitGroup
	both.Go(func() {
		_, err := io.Copy(to, &counted{from, &p.bytes})
		halfClose(to, err)
	})
	both.Go(func() {
		_, err := io.Copy(from, to)
		halfClose(from, err)
	})
	both.Wait()
}

// halfClose passes the end of a stream on; after an error the whole connection
// ends.
func halfClose(conn net.Conn, err error) {
	if c, is := conn.(interface{ CloseWrite() error }); is && err == nil {
		err = errors.Join(err, c.CloseWrite())
		if err == nil {
			return
		}
	}
	conn.Close()
}

// counted counts what is read.
type counted struct {
	io.Reader
	bytes *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}
