// Command server tells its host's name, for tests. /slow ends its answer when
// the server is asked to end.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	host, err := os.Hostname()
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, host) })
	http.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, host)
		w.(http.Flusher).Flush()
		<-ctx.Done()
		time.Sleep(300 * time.Millisecond)
		fmt.Fprint(w, " ends")
	})
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: time.Minute}
	ended := make(chan error)
	go func() {
		<-ctx.Done()
		ended <- server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		panic(err)
	}
	if err := <-ended; err != nil {
		panic(err)
	}
}
