package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/loop"
)

func newWait(g *global) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait",
		Short: "Wait until the files as they are now are live, or have failed",
		Long: `Asks the devloop up that runs for this project. Exit code 0: the files, as they are
on disk at this moment, are live. 1: they failed, or no devloop up runs; the cause is
printed. For scripts, editors and coding agents; with -o json the verdict is JSON.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return wait(cmd, g, timeout) },
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "give up after this long (default: never)")
	return cmd
}

func wait(cmd *cobra.Command, g *global, timeout time.Duration) error {
	file, path, err := g.socket()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("neither live nor failed after %s", timeout))
		defer cancel()
	}
	var status loop.Status
	err = control.Call(ctx, path, control.Wait, &status)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return fmt.Errorf("no devloop up is running for %s: start one in another terminal, or use devloop up --once", file)
	case errors.Is(err, context.DeadlineExceeded):
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	out := cmd.OutOrStdout()
	if g.output == "json" {
		err = writeJSON(out, status)
	} else {
		_, err = fmt.Fprintln(out, status.Verdict)
		for _, f := range status.Failures {
			_, failed := fmt.Fprintln(out, f)
			err = errors.Join(err, failed)
		}
	}
	if err == nil && status.Verdict != event.Live {
		return errShown
	}
	return err
}
