package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"
)

// Handler answers one request. Its context ends when the asker hangs up.
type Handler func(ctx context.Context, op string) (any, error)

// ErrRunning: another devloop serves this project.
var ErrRunning = errors.New("another devloop is running for this project")

// request and response are what goes over the socket.
type request struct {
	Op string `json:"op"`
}

type response struct {
	Error  string          `json:"error,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// Listen takes the socket at path, with mode 0600, and holds it by a lock on a
// file beside it until the listener is closed. What a killed devloop left is
// replaced; while another one holds the lock, the error wraps ErrRunning.
func Listen(path string) (net.Listener, error) {
	lock := flock.New(path + ".lock")
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the project: %w", err)
	}
	if !got {
		return nil, fmt.Errorf("%w (its socket is %s)", ErrRunning, path)
	}
	l, err := listen(path)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return &locked{l, lock}, nil
}

func listen(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("take over the control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("open the control socket: %w", err), l.Close())
	}
	return l, nil
}

// locked is a listener that gives its lock back when it has removed its socket.
// The lock's file stays: removing it could take it from somebody else.
type locked struct {
	net.Listener
	lock *flock.Flock
}

func (l *locked) Close() error { return errors.Join(l.Listener.Close(), l.lock.Unlock()) }

// Serve answers requests until ctx ends, then waits for its goroutines. It
// closes l.
func Serve(ctx context.Context, l net.Listener, handle Handler) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		<-ctx.Done()
		return l.Close()
	})
	g.Go(func() error {
		for {
			conn, err := l.Accept()
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("control socket: %w", err)
			}
			if err != nil { // out of file descriptors, say: that passes
				select {
				case <-time.After(100 * time.Millisecond):
				case <-ctx.Done():
				}
				continue
			}
			g.Go(func() error {
				answer(ctx, conn, handle)
				return nil
			})
		}
	})
	return g.Wait()
}

// answer serves one connection. Nothing it meets may end the loop: an asker that
// goes away or talks nonsense only loses its answer.
func answer(ctx context.Context, conn net.Conn, handle Handler) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()

	in := bufio.NewReader(conn)
	var req request
	line, err := in.ReadBytes('\n')
	if err != nil {
		return
	}
	var res response
	if err := json.Unmarshal(line, &req); err != nil {
		res.Error = "the request is not JSON: " + err.Error()
	} else {
		gone := make(chan struct{})
		go func() { // ends with the connection
			defer close(gone)
			_, _ = in.ReadByte()
			cancel()
		}()
		defer func() { conn.Close(); <-gone }()
		res = respond(ctx, req, handle)
	}
	data, err := json.Marshal(res)
	if err != nil || ctx.Err() != nil {
		return
	}
	_, _ = conn.Write(append(data, '\n'))
}

func respond(ctx context.Context, req request, handle Handler) response {
	v, err := handle(ctx, req.Op)
	if err != nil {
		return response{Error: err.Error()}
	}
	data, err := json.Marshal(v)
	if err != nil {
		return response{Error: err.Error()}
	}
	return response{Result: data}
}
