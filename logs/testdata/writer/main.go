// Command writer writes numbered lines from its very start, for tests.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	lines := flag.Int("lines", 10, "how many lines to write")
	both := flag.Bool("both", false, "write every third line to stderr")
	every := flag.Duration("every", 0, "pause after each line")
	long := flag.Int("long", 0, "length of one more line")
	end := flag.String("end", "", "what to write last")
	stay := flag.Bool("stay", false, "wait for SIGTERM")
	code := flag.Int("exit", 0, "exit code")
	rate := flag.Int("rate", 0, "lines a second at most; 0 for as fast as it goes")
	await := flag.Bool("await", false, "begin when /go is asked of port 8080")
	flag.Parse()
	if *await {
		asked := make(chan struct{}, 1)
		http.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/go" {
				asked <- struct{}{}
			}
		})
		go func() { panic(http.ListenAndServe(":8080", nil)) }()
		<-asked
	}
	begun := time.Now()
	for i := range *lines {
		if *rate > 0 {
			time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(*rate))))
		}
		out := os.Stdout
		if *both && i%3 == 0 {
			out = os.Stderr
		}
		fmt.Fprintf(out, "line %d\n", i)
		time.Sleep(*every)
	}
	if *long > 0 {
		fmt.Println(strings.Repeat("x", *long))
	}
	fmt.Print(*end)
	if *stay {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
	}
	os.Exit(*code)
}
