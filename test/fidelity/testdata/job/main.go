// Command job is what the fidelity tests run in pods: it ends with the exit
// code it is given, or serves nothing until it is told to stop.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	if len(os.Args) < 2 {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
		return
	}
	code, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Println(err)
		code = 125
	}
	fmt.Println("ends with", code)
	os.Exit(code)
}
