// Command pod is the program in the container of the benchmarked Deployment. It
// is ready at once and ends when it is told to, so that what is measured is the
// cluster and the tool, not a program.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	<-end
}
