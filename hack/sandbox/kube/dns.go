package main

import (
	"os"

	"github.com/coredns/coredns/coremain"

	// The plugins the sandbox's Corefile names; the others would only make
	// the binary larger.
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/ready"
)

// runDNS serves CoreDNS with the given flags. CoreDNS reads the command line
// from os.Args and ends the process itself.
func runDNS(args []string) {
	os.Args = append([]string{os.Args[0]}, args...)
	coremain.Run()
}
