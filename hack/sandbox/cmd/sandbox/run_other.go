//go:build !linux

package main

import (
	"fmt"
	"runtime"
)

func run(string, []string) error {
	return fmt.Errorf("the sandbox needs Linux and this is %s: use minikube or kind here", runtime.GOOS)
}
