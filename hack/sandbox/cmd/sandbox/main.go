// Command sandbox starts, ends and describes the sandbox: a real Kubernetes
// cluster of one node on this machine.
package main

import (
	"fmt"
	"os"
)

const usage = `usage: sandbox COMMAND [flags]

  up      start the sandbox, or what of it does not run; prints the kubeconfig's path
  down    remove the sandbox from this machine
  status  tell how it is; exit code 1 when it is not up

flags:
  --kubeconfig PATH   the file that "up" writes and "down" removes
                      (default: .sandbox/kubeconfig in the repository's root)

The environment variable DEVLOOP_SANDBOX_DIR moves the state directory, which is
/var/lib/devloop-sandbox.
`

func main() {
	if len(os.Args) < 2 || os.Args[1] == "help" || os.Args[1] == "-h" || os.Args[1] == "--help" {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		if err != errDown {
			fmt.Fprintln(os.Stderr, "sandbox:", err)
		}
		os.Exit(1)
	}
}
