package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/kube"
)

func newDown(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Remove the project's releases from the cluster",
		Long: `Uninstalls the releases of devloop.yaml, those that need others first, and removes the
namespaces that devloop made for them when nothing else is left in these. Images stay in
the docker daemon: they make the next start fast.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return down(cmd, g) },
	}
}

func down(cmd *cobra.Command, g *global) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	p, err := g.load(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	path, err := control.Path(p.File)
	if err != nil {
		return err
	}
	socket, err := control.Listen(path)
	if err != nil {
		return fmt.Errorf("%w: end it first, it would bring back what down removes", err)
	}
	defer socket.Close()
	kc, err := kube.Load(g.kubeconfig, g.context)
	if err != nil {
		return err
	}
	if err := kc.Check(append(p.AllowContexts, g.allow...)...); err != nil {
		return err
	}
	cluster, err := deploy.New(kc.Config, deploy.Options{})
	if err != nil {
		return err
	}
	names := p.ReleaseNames()
	slices.Reverse(names)
	var made []string
	for _, name := range names {
		namespace := p.Releases[name].Namespace
		if namespace == "" {
			namespace = kc.Namespace
		}
		fmt.Fprintf(out, "uninstall release %s in namespace %s of context %s\n", name, namespace, kc.Name)
		if err := cluster.Uninstall(ctx, name, namespace); err != nil {
			return err
		}
		if p.Releases[name].CreateNamespace && !slices.Contains(made, namespace) {
			made = append(made, namespace)
		}
	}
	for _, namespace := range made {
		removed, err := cluster.RemoveNamespace(ctx, namespace)
		if err != nil {
			return err
		}
		if removed {
			fmt.Fprintf(out, "remove namespace %s, which devloop made\n", namespace)
		}
	}
	return nil
}
