package cli

import (
	"context"
	"errors"
	"io"

	"github.com/containerd/errdefs"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/internal/preview"
)

// exitChanges is the exit code of plan --exit-code when something would change.
const exitChanges = 2

// errChanges gives exitChanges; everything has been shown.
var errChanges = errors.New("something would change")

func newPlan(g *global) *cobra.Command {
	exitCode := false
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what devloop up would do now, and why",
		Long: `Compares the files with what is in the cluster and shows, image by image and object by
object, what devloop up would do and what causes it. Fields that somebody else changed
in the cluster are marked as drift. Nothing is built, run or written; values of secrets
are not shown. -v shows new and removed objects in full; -o json gives the plan as JSON.

The tag of an image with a prebuild command is known after that ran: the release is then
compared with the reference that is deployed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return plan(cmd, g, exitCode) },
	}
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 2 when something would change, 0 when nothing would")
	return cmd
}

func plan(cmd *cobra.Command, g *global, exitCode bool) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	project, kc, nodes, err := g.reach(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	cluster, err := deploy.New(kc.Config, deploy.Options{Notice: toStderr(cmd)})
	if err != nil {
		return err
	}
	hasher := openHasher(project.File, toStderr(cmd))
	defer keepOnce(hasher)
	s := preview.Sources{Project: project, Namespace: kc.Namespace, Context: kc.Name, Hasher: hasher, Cluster: cluster}
	notes := setWarnings(project)
	if len(project.Images) > 0 {
		d, err := findDocker(ctx, project, kc, nodes)
		if err != nil {
			notes = append(notes, err.Error())
		}
		defer d.close()
		s.Built, s.Ref, s.Target = d.built, d.ref, d.target
	}
	p, err := preview.Make(ctx, s)
	if err != nil {
		return err
	}
	p.Notes = append(p.Notes, notes...)
	if g.output == "json" {
		err = writeJSON(out, p)
	} else {
		err = p.Draw(out, preview.Options{Renderer: g.renderer(out), Full: g.verbose})
	}
	switch {
	case err != nil:
		return err
	case p.Failed:
		return errShown
	case exitCode && p.Changes:
		return errChanges
	}
	return nil
}

// reach loads the project and makes sure its cluster may be used and answers.
func (g *global) reach(ctx context.Context, say io.Writer) (*config.Project, *kube.Context, []corev1.Node, error) {
	project, err := g.load(ctx, say)
	if err != nil {
		return nil, nil, nil, err
	}
	kc, _, nodes, err := (&connector{global: g}).cluster(ctx, project)
	return project, kc, nodes, err
}

// dockerSide is what there is of docker and the way to the pods; each may be
// missing.
type dockerSide struct {
	built   func(ctx context.Context, ref string) (bool, error)
	ref     func(ctx context.Context, s build.Spec, in build.Inputs) (string, error)
	target  build.Target
	engine  build.Engine
	builder *build.Docker
	closer  []io.Closer
}

// findDocker finds the daemon that builds for a cluster. Without a cluster, or
// where the way there is not known, it is docker's own; the error then says why,
// and the rest is usable.
func findDocker(ctx context.Context, p *config.Project, kc *kube.Context, nodes []corev1.Node) (dockerSide, error) {
	naming := build.Naming{Project: p.Name, Prefix: p.Push}
	d := dockerSide{ref: func(_ context.Context, s build.Spec, in build.Inputs) (string, error) {
		s.Name = naming.Name(s.Name)
		return s.Ref(in), nil
	}}
	client, err := build.Connect(ctx, build.ConnectOptions{})
	if err != nil {
		return d, err
	}
	d.closer = append(d.closer, client)
	if kc != nil {
		var target build.Target
		if target, err = build.FindTarget(ctx, build.TargetOptions{Nodes: nodes, Context: kc.Name, Docker: client, Push: p.Push, Hosting: announcedBy(ctx, kc)}); err == nil {
			d.target, naming.Prefix = target, build.PrefixOf(target)
			client = build.BuildClient(target, client)
		}
		if c, ok := target.(io.Closer); ok {
			d.closer = append(d.closer, c)
		}
	}
	d.engine, d.builder = client, build.NewDocker(client).With(naming)
	d.ref = d.builder.Ref
	d.built = func(ctx context.Context, ref string) (bool, error) {
		_, err := client.ImageInspect(ctx, ref)
		if errdefs.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	}
	return d, err
}

func (d dockerSide) close() {
	for _, c := range d.closer {
		_ = c.Close() // nothing is lost with the connection
	}
}
