package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Health answers the probes of one server. The zero value is ready.
type Health struct {
	draining atomic.Bool
}

// Routes adds GET /healthz, which answers 200 while the process serves at all,
// and GET /readyz, which answers 503 once the server has begun to stop.
func (h *Health) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if h.draining.Load() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
}

// Stop says how a server ends.
type Stop struct {
	// Drain is how long it goes on accepting requests after it was told to stop
	// and while it reports "not ready", so that the cluster can send new
	// requests elsewhere. 0 stops at once.
	Drain time.Duration
	// Grace is how long requests in flight may take after that. The sum should
	// be less than the pod's terminationGracePeriodSeconds.
	Grace time.Duration
}

// Run serves on the listener until ctx is cancelled, then stops as told and
// returns nil when every request was finished in time. It closes the listener.
func Run(ctx context.Context, listener net.Listener, handler http.Handler, health *Health, stop Stop) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}

	health.draining.Store(true)
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-time.After(stop.Drain):
	}
	// ctx is over; the requests in flight get a deadline of their own.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stop.Grace)
	defer cancel()
	shutdownErr := server.Shutdown(grace)
	if shutdownErr != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	if shutdownErr != nil {
		return fmt.Errorf("finish requests in flight within %s: %w", stop.Grace, shutdownErr)
	}
	return nil
}
