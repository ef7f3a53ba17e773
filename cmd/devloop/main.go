// Command devloop keeps a Kubernetes cluster in line with the charts, values and
// sources of a project, save by save. See the README for how to use it.
package main

import (
	"os"
	"runtime/debug"

	"github.com/devloop-dev/devloop/internal/cli"
)

// heapGrowth is by how many percent the heap may grow before garbage is collected,
// where GOGC does not say otherwise. A save allocates about as much as is kept,
// and the process idles from then on: at Go's own 100 it would hold on to twice
// of what it needs all the time, for a few milliseconds in which it works.
const heapGrowth = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
