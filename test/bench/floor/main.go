package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// sentFile says which wish the cluster was sent last.
const sentFile = ".floor"

// patience is how long `settled` waits, and cleaning how long the end may take.
const (
	patience = time.Minute
	cleaning = 30 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the project: %w", err)
	}
	if len(args) == 1 && args[0] == "settled" {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return settled(ctx, dir)
	}
	namespace := os.Getenv("NAMESPACE")
	if len(args) > 0 || namespace == "" {
		return errors.New("it takes the namespace from NAMESPACE and no arguments but settled")
	}
	f, err := connect(ctx, dir, namespace)
	if err != nil {
		return err
	}
	err = follow(ctx, f)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	return errors.Join(err, f.close(end))
}

// follow sends what every save asks for, at once, until the context ends.
func follow(ctx context.Context, f *floor) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the files: %w", err)
	}
	defer w.Close()
	for _, dir := range folders() {
		if err := w.Add(filepath.Join(f.dir, dir)); err != nil {
			return fmt.Errorf("watch %s: %w", dir, err)
		}
	}
	seen, err := read(f.dir)
	if err != nil {
		return err
	}
	for sent := seen; ; {
		if err := os.WriteFile(filepath.Join(f.dir, sentFile), []byte(fmt.Sprint(sent)), 0o644); err != nil {
			return fmt.Errorf("say what was sent: %w", err)
		}
		select {
		case <-w.Events:
		case err := <-w.Errors:
			return fmt.Errorf("watch the files: %w", err)
		case <-ctx.Done():
			return nil
		}
		is, err := read(f.dir)
		if err != nil {
			return err
		}
		if is == seen { // a save is several events
			continue
		}
		seen = is
		if is.broken != "" {
			fmt.Println("broken:", is.broken)
			continue
		}
		if err := f.send(ctx, sent, is); err != nil {
			return err
		}
		sent = is
	}
}

// settled waits until the cluster has been sent what the files say.
func settled(ctx context.Context, dir string) error {
	for {
		now, err := read(dir)
		if err != nil {
			return err
		}
		if sent, err := os.ReadFile(filepath.Join(dir, sentFile)); err == nil && (now.broken != "" || string(sent) == fmt.Sprint(now)) {
			return nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the cluster was not sent what the files say: %w", ctx.Err())
		}
	}
}
