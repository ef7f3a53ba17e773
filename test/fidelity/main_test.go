//go:build sandbox

package fidelity

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"k8s.io/client-go/rest"
)

// atOnce is how many charts are worked on at a time: the tests mostly wait for
// the API server, so more than there are processors.
const atOnce = "4"

func TestMain(m *testing.M) {
	flag.Parse()
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// full says whether the whole corpus is asked for.
func full() bool { return os.Getenv("FIDELITY") == "full" }
