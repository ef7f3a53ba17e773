package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/kube"
)

func newDown(g *global) *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Remove the project's releases from the cluster",
		Long: `Shows what of the project is in the cluster, asks on a terminal whether to go on, and
uninstalls the releases of devloop.yaml, those that need others first. Namespaces that
devloop made for them go when no other release is left in them. Images stay in the docker
daemon: they make the next start fast.

It asks on a terminal only: without one, as in a script, and with --yes or -o json it goes
on.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return down(cmd, g, yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// farewell is what down removes, and has removed.
type farewell struct {
	Context    string      `json:"context"`
	Releases   []leaving   `json:"releases"`             // in the order of their removal
	Namespaces []leavingNS `json:"namespaces,omitempty"` // made by devloop; they go last
}

type leaving struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Revision  int    `json:"revision"`
	Objects   int    `json:"objects"`
	Removed   bool   `json:"removed"`
}

type leavingNS struct {
	Name    string `json:"name"`
	Removed bool   `json:"removed"`
}

func down(cmd *cobra.Command, g *global, yes bool) error {
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
	if errors.Is(err, control.ErrRunning) {
		err = fmt.Errorf("%w: end it first, it would bring back what down removes", err)
	}
	if err != nil {
		return err
	}
	defer socket.Close()
	kc, _, _, err := (&connector{global: g}).cluster(ctx, p)
	if err != nil {
		return err
	}
	cluster, err := deploy.New(kc.Config, deploy.Options{})
	if err != nil {
		return err
	}
	f, err := leave(ctx, cluster, p, kc)
	if err != nil {
		return err
	}
	say := out
	if g.output == "json" {
		say = io.Discard
	}
	f.show(say)
	if in, ok := cmd.InOrStdin().(*os.File); ok && !yes && g.output != "json" && len(f.Releases) > 0 && term.IsTerminal(int(in.Fd())) {
		if err := confirm(ctx, in, out); err != nil {
			return err
		}
	}
	err = f.remove(ctx, cluster, say)
	if g.output == "json" {
		err = errors.Join(err, writeJSON(out, f))
	}
	return err
}

// leave finds what of the project is in the cluster.
func leave(ctx context.Context, cluster *deploy.Cluster, p *config.Project, kc *kube.Context) (*farewell, error) {
	f := &farewell{Context: kc.Name, Releases: []leaving{}}
	names := p.ReleaseNames()
	slices.Reverse(names)
	for _, name := range names {
		namespace := p.Releases[name].In(kc.Namespace)
		ns := leavingNS{Name: namespace}
		if p.Releases[name].CreateNamespace && !slices.Contains(f.Namespaces, ns) {
			f.Namespaces = append(f.Namespaces, ns)
		}
		there, err := cluster.Standing(ctx, name, namespace)
		if err != nil && there.Revision == 0 {
			return nil, fmt.Errorf("context %s: %w", kc.Name, err)
		}
		if there.Revision > 0 { // also one whose objects cannot be looked at
			f.Releases = append(f.Releases, leaving{Name: name, Namespace: namespace, Revision: there.Revision, Objects: there.Count})
		}
	}
	return f, nil
}

func (f *farewell) show(out io.Writer) {
	if len(f.Releases) == 0 {
		fmt.Fprintf(out, "context %s has no release of this project\n", f.Context)
		return
	}
	fmt.Fprintf(out, "from context %s:\n", f.Context)
	for _, r := range f.Releases {
		fmt.Fprintf(out, "  release %s in namespace %s: revision %d, %d objects\n", r.Name, r.Namespace, r.Revision, r.Objects)
	}
	for _, ns := range f.Namespaces {
		fmt.Fprintf(out, "  namespace %s, if devloop made it and no other release is in it\n", ns.Name)
	}
}

// confirm asks whether to go on; anything but a yes is an error.
func confirm(ctx context.Context, in io.Reader, out io.Writer) error {
	fmt.Fprint(out, "remove this? [y/N] ")
	yes, err := askYesNo(ctx, in)
	if err == nil && !yes {
		err = errors.New("nothing was removed, as the answer was no")
	}
	return err
}

func (f *farewell) remove(ctx context.Context, cluster *deploy.Cluster, out io.Writer) error {
	for i, r := range f.Releases {
		fmt.Fprintf(out, "uninstall release %s\n", r.Name)
		if err := cluster.Uninstall(ctx, r.Name, r.Namespace); err != nil {
			return err
		}
		f.Releases[i].Removed = true
	}
	for i, ns := range f.Namespaces {
		removed, err := cluster.RemoveNamespace(ctx, ns.Name)
		if err != nil {
			return err
		}
		if f.Namespaces[i].Removed = removed; removed {
			fmt.Fprintf(out, "remove namespace %s, which devloop made\n", ns.Name)
		}
	}
	return nil
}
