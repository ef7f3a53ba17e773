// Command pod is what the sandbox tests run in their pods. Its first argument
// says what it does.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	switch mode := os.Args[1]; mode {
	case "serve":
		fmt.Println("serving")
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		go func() {
			<-stop
			os.Exit(0)
		}()
		fmt.Println(http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/ill" {
				fmt.Println("ill: no database at db:5432")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			fmt.Fprintln(w, "ok")
		})))
	case "crash":
		fmt.Println("starting up")
		fmt.Println("panic: no database at db:5432")
		os.Exit(3)
	case "crash-once":
		// The second start finds what the first left on the volume.
		if os.Mkdir("/data/started", 0o755) == nil {
			fmt.Println("first start ends")
			os.Exit(1)
		}
		os.Args[1] = "serve"
		main()
	case "done":
		fmt.Println("done")
	case "hog":
		var keep [][]byte
		for {
			b := make([]byte, 8<<20)
			for i := range b {
				b[i] = 1
			}
			keep = append(keep, b)
		}
	}
}
