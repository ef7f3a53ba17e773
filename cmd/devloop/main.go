// Command devloop keeps a Kubernetes cluster in line with the charts, values and
// sources of a project, save by save. See the README for how to use it.
package main

import (
	"os"

	"github.com/devloop-dev/devloop/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
