package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/internal/loop"
)

func newStatus(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what of the project is in the cluster, and how it stands",
		Long: `Shows each image and each release: what is in place, since when and how that came, how
many of its pods are ready, and what failed with what to do about it. Beside a running
devloop up it tells what that one knows, works on and forwards; without one what the
cluster says of the project's releases. It changes nothing and waits for nothing; to wait
for the files as they are now, use devloop wait.

Exit code 0: all of it is live. 1: something is not (yet), or could not be found out.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return status(cmd, g) },
	}
}

func status(cmd *cobra.Command, g *global) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	_, path, err := g.socket()
	if err != nil {
		return err
	}
	var s loop.Snapshot
	err = control.Call(ctx, path, control.Status, &s)
	if errors.Is(err, control.ErrNotRunning) {
		s, err = g.withoutLoop(cmd)
	}
	if err != nil {
		return err
	}
	if g.output == "json" {
		err = writeJSON(out, s)
	} else {
		err = drawStatus(out, g.renderer(out), s)
	}
	if err == nil && s.State != loop.Live {
		return errShown
	}
	return err
}

// withoutLoop is what the cluster says of the project's releases.
func (g *global) withoutLoop(cmd *cobra.Command) (loop.Snapshot, error) {
	ctx := cmd.Context()
	p, err := g.load(ctx, cmd.ErrOrStderr())
	if err != nil {
		return loop.Snapshot{}, err
	}
	kc, err := kube.Load(g.kubeconfig, g.context)
	if err != nil {
		return loop.Snapshot{}, err
	}
	s := loop.Snapshot{Project: p.Name, File: p.File, Context: kc.Name, Profiles: p.Active, State: loop.Live}
	for _, name := range p.ReleaseNames() {
		s.Releases = append(s.Releases, loop.ReleaseState{
			TargetState: loop.TargetState{Name: name, State: loop.Live}, Namespace: p.Releases[name].In(kc.Namespace)})
	}
	cluster, err := deploy.New(kc.Config, deploy.Options{})
	if err != nil {
		return s, err
	}
	loop.Inspect(ctx, cluster, &s)
	return s, nil
}
