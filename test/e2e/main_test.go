//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is devloop, built with the race detector by TestMain. A race makes it
// end with exit code 66, which no test takes for success.
var binary string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "devloop-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "devloop")
	build := exec.Command("go", "build", "-race", "-o", binary, "github.com/devloop-dev/devloop/cmd/devloop")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build devloop:", err)
		return 1
	}
	return m.Run()
}
