package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// timeout is how long one question may take.
const timeout = 2 * time.Second

// Func asks once; nil means healthy.
type Func func(ctx context.Context) error

// HTTP asks a URL, which must answer with status 200. The certificate of a
// server is not checked: the answer decides nothing but whether to wait.
func HTTP(url string) Func {
	return get(url, &http.Transport{
		DisableKeepAlives: true,
		Proxy:             nil,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
	})
}

// UnixHTTP asks the path of an HTTP server on a Unix socket.
func UnixHTTP(socket, path string) Func {
	return get("http://localhost"+path, &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	})
}

// Unix connects to a Unix socket.
func Unix(socket string) Func { return dial("unix", socket) }

// Wait asks until the answer is good. It ends early when ctx ends, or with
// the error of alive once that says that there is nothing to wait for; its
// error holds the last answer.
func Wait(ctx context.Context, ask Func, alive func() error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if dead := alive(); dead != nil {
			return dead
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not healthy in time: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func get(url string, transport *http.Transport) Func {
	client := &http.Client{Transport: transport, Timeout: timeout}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(response.Body, 512))
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s: %s", url, response.Status, body)
		}
		return nil
	}
}

// TCP connects to HOST:PORT.
func TCP(address string) Func { return dial("tcp", address) }

// Name asks the name server at HOST:PORT for the addresses of a full name.
func Name(server, name string) Func {
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		},
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		_, err := resolver.LookupHost(ctx, name)
		return err
	}
}

func dial(network, address string) Func {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
