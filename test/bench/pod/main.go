// Command pod is the program in the container of the benchmarked Deployment. It
// is ready at once and ends when it is told to, so that what is measured is the
// cluster and the tool, not a program. With a duration as its argument it waits for
// that long and ends: a step of a build that takes time and no processor.
package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		wait, err := time.ParseDuration(os.Args[1])
		if err != nil {
			os.Exit(2)
		}
		time.Sleep(wait)
		return
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	<-end
}
