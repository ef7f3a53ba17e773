package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/cluster"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/gobuild"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
)

// run carries out one command of the launcher.
func run(command string, args []string) error {
	if command == "daemon" {
		return daemon(args)
	}
	switch command {
	case "up", "down", "status":
	default:
		return fmt.Errorf("unknown command %q; there are up, down and status", command)
	}
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "the kubeconfig of this clone (default .sandbox/kubeconfig in the repository's root)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no arguments, but got %q", command, flags.Arg(0))
	}
	if os.Geteuid() != 0 {
		return errors.New("the sandbox needs root, because it makes control groups, mounts and network interfaces: run it as root")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("looking for this program: %w", err)
	}
	c := &cluster.Cluster{
		Layout:   layout.New(os.Getenv(layout.EnvRoot)),
		Progress: os.Stderr,
		Launcher: []string{self, "daemon"},
	}
	clone, err := findClone(ctx, *kubeconfig)
	if err != nil {
		return err
	}
	switch command {
	case "up":
		return up(ctx, c, clone)
	case "down":
		return errors.Join(c.Down(ctx), clone.remove())
	default:
		return status(ctx, c, clone)
	}
}

func up(ctx context.Context, c *cluster.Cluster, clone clone) error {
	binaries, err := build(ctx, clone.module)
	if err != nil {
		return err
	}
	if err := c.Up(ctx, binaries); err != nil {
		return err
	}
	if err := c.Kubeconfig(clone.kubeconfig); err != nil {
		return err
	}
	fmt.Println(clone.kubeconfig)
	return nil
}

func status(ctx context.Context, c *cluster.Cluster, clone clone) error {
	up := c.Status(ctx, os.Stdout)
	if _, err := os.Stat(clone.kubeconfig); err == nil {
		fmt.Printf("kubeconfig %s\n", clone.kubeconfig)
	} else {
		fmt.Printf("kubeconfig %s is not there: up writes it\n", clone.kubeconfig)
	}
	if !up {
		return errDown
	}
	return nil
}

// ownDir is the directory in a clone's root that up makes.
const ownDir = ".sandbox"

// clone is the checkout that the launcher is called from.
type clone struct {
	// module is the directory of the sandbox's module.
	module string
	// kubeconfig is the file with this clone's way into the cluster.
	kubeconfig string
	// own is the directory .sandbox, empty where the file is elsewhere.
	own string
}

func findClone(ctx context.Context, kubeconfig string) (clone, error) {
	module, err := gobuild.FindModule(ctx)
	if err != nil {
		return clone{}, err
	}
	if kubeconfig != "" {
		path, err := filepath.Abs(kubeconfig)
		if err != nil {
			return clone{}, fmt.Errorf("looking for %s: %w", kubeconfig, err)
		}
		return clone{module: module, kubeconfig: path}, nil
	}
	own := filepath.Join(filepath.Dir(filepath.Dir(module)), ownDir)
	return clone{module: module, kubeconfig: filepath.Join(own, "kubeconfig"), own: own}, nil
}

// remove removes what up has written into the clone.
func (c clone) remove() error {
	if c.own != "" {
		if err := os.RemoveAll(c.own); err != nil {
			return fmt.Errorf("removing %s: %w", c.own, err)
		}
		return nil
	}
	if err := os.Remove(c.kubeconfig); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing the kubeconfig: %w", err)
	}
	if dir := filepath.Dir(c.kubeconfig); filepath.Base(dir) == ownDir {
		// It stays where somebody else has put something in it.
		_ = os.Remove(dir)
	}
	return nil
}
