package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/control"
)

func newRetry(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "retry",
		Short: "Have a running devloop up try again what failed",
		Long: `Tells the devloop up of this project to try again everything that failed or was held,
although no file was saved: for when the cause was elsewhere. It does not wait for what
comes of it; devloop wait does.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var names []string
			if err := g.call(cmd, control.Retry, &names); err != nil {
				return err
			}
			if g.output == "json" {
				return writeJSON(cmd.OutOrStdout(), map[string][]string{"retried": append([]string{}, names...)})
			}
			text := "nothing has failed"
			if len(names) > 0 {
				text = "trying again: " + strings.Join(names, ", ")
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
}

func newPause(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Have a running devloop up begin no work until devloop resume",
		Long: `Tells the devloop up of this project to leave saves alone for now, as for a rebase or
a big replacement. What is under way goes on; logs and forwards do, too.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.hold(cmd, control.Pause) },
	}
}

func newResume(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "End devloop pause: do what the files ask for by now",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return g.hold(cmd, control.Resume) },
	}
}

// hold has the devloop up of the project pause or resume.
func (g *global) hold(cmd *cobra.Command, op string) error {
	err := g.call(cmd, op, new(any))
	if err == nil && g.output == "json" {
		err = writeJSON(cmd.OutOrStdout(), map[string]bool{"paused": op == control.Pause})
	}
	return err
}

// socket is where the devloop up of a devloop.yaml listens.
func (g *global) socket() (file, path string, err error) {
	if file, err = g.path(); err == nil {
		path, err = control.Path(file)
	}
	return file, path, err
}

// call asks the devloop up of the project.
func (g *global) call(cmd *cobra.Command, op string, out any) error {
	file, path, err := g.socket()
	if err != nil {
		return err
	}
	err = control.Call(cmd.Context(), path, op, out)
	if errors.Is(err, control.ErrNotRunning) {
		return fmt.Errorf("no devloop up is running for %s: devloop up starts one", file)
	}
	return err
}
