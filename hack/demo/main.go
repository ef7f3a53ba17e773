// Command demo shows devloop at work on examples/sms-checker: on the current
// kubeconfig context if that is a local cluster which answers, else on the
// sandbox. On a terminal it runs devloop up there and leaves the keyboard to
// you. Without one it works on a copy, makes three edits by itself, and prints
// what devloop did about them and how long each took.
//
// Run it by make demo, which builds bin/devloop first.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	check := flag.Bool("check", false, "only say whether the current context is a local cluster that answers")
	flag.Parse()
	if *check {
		name, why := local(ctx)
		if name == "" {
			fmt.Fprintln(os.Stderr, why)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the checkout: %w", err)
	}
	devloop := filepath.Join(root, "bin", "devloop")
	if _, err := os.Stat(devloop); err != nil {
		return fmt.Errorf("run this by make demo, in the checkout: %w", err)
	}
	kubeconfig, err := cluster(ctx, root)
	if err != nil {
		return err
	}
	if kubeconfig != "" {
		if err := os.Setenv("KUBECONFIG", kubeconfig); err != nil {
			return err
		}
	}
	example := filepath.Join(root, "examples", "sms-checker")
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		return keepUp(ctx, devloop, example)
	}
	return edits(ctx, devloop, example)
}
