// Command server greets whoever asks. Change the greeting, save, ask again.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// greeting is the line to edit first.
const greeting = "Hello"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: ":8080", Handler: newHandler(os.Getenv("NAME")), ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	slog.Info("hello listens", "address", server.Addr)
	err := server.ListenAndServe()
	if errors.Is(err, http.ErrServerClosed) {
		err = <-stopped
	}
	if err != nil {
		slog.Error("hello ends", "error", err)
		os.Exit(1)
	}
}

// newHandler greets name on every path; an empty name is the world.
func newHandler(name string) http.Handler {
	if name == "" {
		name = "world"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		slog.Info("request", "path", r.URL.Path)
		fmt.Fprintf(w, "%s, %s!\n", greeting, name)
	})
}
