package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/serve"
)

// TestStopFinishesRequestsInFlight stops a server while a request is under way:
// the probe turns to 503 first, and the request still gets its answer.
func TestStopFinishesRequestsInFlight(t *testing.T) {
	health := &serve.Health{}
	mux := http.NewServeMux()
	health.Routes(mux)
	started, finish := make(chan struct{}), make(chan struct{})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-finish
		io.WriteString(w, "done")
	})
	base, cancel, ended := start(t, mux, health, serve.Stop{Drain: 300 * time.Millisecond, Grace: 10 * time.Second})

	if got := status(t, base+"/readyz"); got != http.StatusOK {
		t.Errorf("readyz before the stop: %d, want 200", got)
	}
	slow := make(chan string, 1)
	go func() {
		resp, err := http.Get(base + "/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		slow <- string(body)
	}()
	<-started

	cancel()
	deadline := time.Now().Add(5 * time.Second)
	for status(t, base+"/readyz") != http.StatusServiceUnavailable {
		if time.Now().After(deadline) {
			t.Fatal("readyz still says ready 5 s after the stop")
		}
	}
	if got := status(t, base+"/healthz"); got != http.StatusOK {
		t.Errorf("healthz while draining: %d, want 200", got)
	}
	close(finish)
	if got := <-slow; got != "done" {
		t.Errorf("request in flight got %q, want done", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v, want a clean stop", err)
	}
}

// TestStopGivesUpAfterGrace holds a request for ever: Run must still return.
func TestStopGivesUpAfterGrace(t *testing.T) {
	mux := http.NewServeMux()
	started := make(chan struct{})
	mux.HandleFunc("GET /stuck", func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})
	base, cancel, ended := start(t, mux, &serve.Health{}, serve.Stop{Grace: 50 * time.Millisecond})
	client := make(chan struct{})
	go func() {
		defer close(client)
		if resp, err := http.Get(base + "/stuck"); err == nil {
			resp.Body.Close()
		}
	}()
	<-started
	cancel()
	if err := <-ended; err == nil {
		t.Error("Run returned no error though a request was cut off")
	}
	<-client
}

func start(t *testing.T, handler http.Handler, health *serve.Health, stop serve.Stop) (base string, cancel func(), ended <-chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve.Run(ctx, listener, handler, health, stop) }()
	return "http://" + listener.Addr().String(), cancel, done
}

func status(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
