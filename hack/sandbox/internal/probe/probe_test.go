package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHTTP(t *testing.T) {
	good := true
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !good {
			http.Error(w, "etcd failed", http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	ask := HTTP(server.URL)
	if err := ask(t.Context()); err != nil {
		t.Errorf("healthy: %v", err)
	}
	good = false
	if err := ask(t.Context()); err == nil || !strings.Contains(err.Error(), "etcd failed") {
		t.Errorf("unhealthy: %v, want the server's words", err)
	}
}

func TestUnix(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	if err := Unix(socket)(t.Context()); err == nil {
		t.Error("nobody listens, but it is healthy")
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := Unix(socket)(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWait(t *testing.T) {
	never := errors.New("not yet")
	dead := errors.New("it is dead")
	alive := func() error { return nil }

	asked := 0
	third := func(context.Context) error {
		if asked++; asked < 3 {
			return never
		}
		return nil
	}
	if err := Wait(t.Context(), third, alive); err != nil || asked != 3 {
		t.Errorf("healthy at the third time: %v after %d", err, asked)
	}
	err := Wait(t.Context(), func(context.Context) error { return never }, func() error { return dead })
	if !errors.Is(err, dead) {
		t.Errorf("dead: %v, want that at once", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := Wait(ctx, func(context.Context) error { return never }, alive); !errors.Is(err, never) {
		t.Errorf("out of time: %v, want the last answer in it", err)
	}
}
