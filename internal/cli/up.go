package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/loop"
	"github.com/devloop-dev/devloop/watch"
)

type upOptions struct {
	once         bool
	timeout      time.Duration
	adopt, force bool
}

func newUp(g *global) *cobra.Command {
	o := upOptions{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring the cluster in line with the files, and keep it so",
		Long: `Builds the images that are not there yet, brings them into the cluster, installs or
upgrades the releases, waits until they are ready, shows the logs of their pods, and
does the least of all that again at every save. Ctrl-C ends it; what runs stays.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return up(cmd, g, o) },
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "one pass: exit when everything is ready (0) or something failed (1)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 5*time.Minute, "the longest a rollout may take")
	cmd.Flags().BoolVar(&o.adopt, "adopt", false, "take over objects that exist and belong to no release")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace objects whose change the cluster refuses, as for an immutable field")
	return cmd
}

func up(cmd *cobra.Command, g *global, o upOptions) (err error) {
	file, err := g.path()
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s: change to the project's folder, or name the file with -f", file)
	}
	emit, closeSink, err := g.sink(cmd.OutOrStdout(), cmd.ErrOrStderr(), !o.once)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSink()) }()
	lo := loop.Options{File: file, Emit: emit, Timeout: o.timeout, Adopt: o.adopt, Force: o.force}
	if g.events != "" {
		if lo.Own, err = filepath.Abs(g.events); err != nil {
			return fmt.Errorf("--events: %w", err)
		}
	}
	if !o.once {
		return keepUp(cmd.Context(), g, lo)
	}
	return runLoop(cmd.Context(), g, lo, nil)
}

// keepUp runs the loop with a watcher, and answers other commands meanwhile.
func keepUp(ctx context.Context, g *global, o loop.Options) error {
	path, err := control.Path(o.File)
	if err != nil {
		return err
	}
	socket, err := control.Listen(path)
	if err != nil {
		return err
	}
	watcher, err := watch.New(watch.Options{Notice: func(err error) { o.Emit(event.Notice{Text: err.Error()}) }})
	if err != nil {
		return errors.Join(fmt.Errorf("watch files: %w", err), socket.Close())
	}
	o.Watcher = watcher
	serve := func(ctx context.Context, l *loop.Loop) error {
		return control.Serve(ctx, socket, func(ctx context.Context, op string) (any, error) {
			if op != opWait {
				return nil, fmt.Errorf("this devloop does not know the request %q", op)
			}
			return l.Status(ctx)
		})
	}
	return runLoop(ctx, g, o, serve)
}

// runLoop runs the loop and whatever stands beside it: logs and forwards, which
// begin once the cluster is reached, and serve, if any.
func runLoop(ctx context.Context, g *global, o loop.Options, serve func(context.Context, *loop.Loop) error) error {
	outer := ctx
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	beside, besideCtx := errgroup.WithContext(ctx)
	o.Hasher = digest.New()
	start := func(run func(context.Context) error) {
		beside.Go(func() error { return run(besideCtx) })
	}
	o.Connect = (&connector{global: g, emit: o.Emit, start: start, stays: o.Watcher != nil}).connect
	l := loop.New(o)
	beside.Go(func() error {
		defer stop()
		return l.Run(besideCtx)
	})
	if serve != nil {
		beside.Go(func() error { return serve(besideCtx, l) })
	}
	err := beside.Wait()
	switch {
	case errors.Is(err, loop.ErrFailed):
		return errShown
	case err == nil || errors.Is(err, context.Canceled):
		if outer.Err() != nil {
			return errInterrupted
		}
		return nil
	}
	return err
}
