package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// runEtcd serves one etcd member from the configuration file named by the
// only argument, until a signal ends it. The embedded server is used instead
// of etcd's own main so that one binary holds every part of the control plane.
func runEtcd(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the configuration file, got %d", len(args))
	}
	config, err := embed.ConfigFromFile(args[0])
	if err != nil {
		return fmt.Errorf("reading %s: %w", args[0], err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)

	server, err := embed.StartEtcd(config)
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer server.Close()
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return fmt.Errorf("serving: %w", err)
	case <-server.Server.StopNotify():
		return fmt.Errorf("the server stopped by itself")
	}
}
