package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/loop"
	"github.com/devloop-dev/devloop/watch"
)

type upOptions struct {
	once         bool
	timeout      time.Duration
	adopt, force bool
	prune        bool
}

func newUp(g *global) *cobra.Command {
	o := upOptions{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring the cluster in line with the files, and keep it so",
		Long: `Builds the images that are not there yet, brings them into the cluster, installs or
upgrades the releases, waits until they are ready, shows the logs of their pods, and
does the least of all that again at every save. Ctrl-C ends it; what runs stays.

Where there is no devloop.yaml it goes by what devloop init would write.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return up(cmd, g, o) },
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "one pass: exit when everything is ready (0) or something failed (1)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 5*time.Minute, "the longest a rollout may take")
	cmd.Flags().BoolVar(&o.adopt, "adopt", false, "take over objects that exist and belong to no release")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace objects whose change the cluster refuses, as for an immutable field")
	cmd.Flags().BoolVar(&o.prune, "prune", false, "remove what left devloop.yaml from the cluster without a question, if devloop made it")
	return cmd
}

func up(cmd *cobra.Command, g *global, o upOptions) (err error) {
	found, err := g.find(cmd.Context())
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	shown, err := g.display(cmd, !o.once, stop)
	if err != nil {
		return err
	}
	defer func() {
		closed := shown.close()
		if shown.asked() && errors.Is(err, errInterrupted) {
			err = nil // the user is done, and nothing was cut short
		}
		err = errors.Join(err, closed)
	}()
	emit, closeHistory := keepHistory(found.file, shown.emit)
	defer func() { err = errors.Join(err, closeHistory()) }()
	if found.note != "" {
		emit(event.Notice{Text: found.note})
	}
	lo := loop.Options{File: found.file, Read: found.read, Parse: warning(g.parse, emit), Emit: emit, Timeout: o.timeout, Adopt: o.adopt, Force: o.force, Prune: o.prune}
	if g.events != "" {
		if lo.Own, err = filepath.Abs(g.events); err != nil {
			return fmt.Errorf("--events: %w", err)
		}
	}
	if !o.once {
		lo.Ask = shown.ask
		return keepUp(ctx, g, lo, shown.steer)
	}
	return runLoop(ctx, g, lo, nil)
}

// keepUp runs the loop with a watcher, and answers other commands and steer, if
// any, meanwhile.
func keepUp(ctx context.Context, g *global, o loop.Options, steer func(context.Context, *loop.Loop) error) error {
	path, err := control.Path(o.File)
	if err != nil {
		return err
	}
	socket, err := control.Listen(path)
	if errors.Is(err, control.ErrRunning) {
		return fmt.Errorf("%w: end it first, or use it; devloop status shows what it does", err)
	}
	if err != nil {
		return err
	}
	watcher, err := watch.New(watch.Options{Notice: func(err error) { o.Emit(event.Notice{Text: err.Error()}) }})
	if err != nil {
		return errors.Join(fmt.Errorf("watch files: %w", err), socket.Close())
	}
	o.Watcher = watcher
	serve := func(ctx context.Context, l *loop.Loop) error {
		both, ctx := errgroup.WithContext(ctx)
		if steer != nil {
			both.Go(func() error { return steer(ctx, l) })
		}
		both.Go(func() error {
			return control.Serve(ctx, socket, func(ctx context.Context, op string) (any, error) { return answer(ctx, l, op) })
		})
		return both.Wait()
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
	o.Hasher = openHasher(o.File, func(text string) { o.Emit(event.Notice{Text: text}) })
	beside.Go(func() error { return keep(besideCtx, o.Hasher) })
	start := func(run func(context.Context) error) {
		beside.Go(func() error { return run(besideCtx) })
	}
	c := &connector{global: g, emit: o.Emit, start: start, stays: o.Watcher != nil}
	if c.stays {
		c.tidy = newTidier(func() (*config.Project, error) { return readProject(o) }, o.Emit)
		o.Emit = event.Tee(o.Emit, c.tidy.observe)
		start(c.tidy.run)
	}
	o.Connect = c.connect
	l := loop.New(o)
	if c.stays {
		c.bases = newBases(l.Rebased)
		start(c.bases.run)
	}
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

// readProject is what a loop's devloop.yaml says now.
func readProject(o loop.Options) (*config.Project, error) {
	read := o.Read
	if read == nil {
		read = os.ReadFile
	}
	data, err := read(o.File)
	if err != nil {
		return nil, err
	}
	return o.Parse(o.File, data)
}
