package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/request"
	"github.com/spf13/cobra"
)

func newBuild(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "build [IMAGE...]",
		Short: "Build the images that docker does not have yet, and print their references",
		Long: `Runs the prebuild commands of the named images, or of all, and builds those whose content
docker has no image of. Their references go to standard output, one a line, progress to
standard error. Nothing is brought to the cluster. Where the cluster shares a docker
daemon with its pods, as minikube does, it is built in that one.`,
		RunE: func(cmd *cobra.Command, args []string) error { return buildImages(cmd, g, args) },
	}
}

func buildImages(cmd *cobra.Command, g *global, names []string) error {
	ctx := cmd.Context()
	project, err := g.load(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	all := project.ImageNames()
	if err := known(project, "image", all, names); err != nil {
		return err
	}
	if len(names) == 0 {
		names = all
	}
	slices.Sort(names)
	names = slices.Compact(names)
	say := &said{w: cmd.ErrOrStderr()}
	engine, err := builderFor(ctx, g, project, say)
	if err != nil {
		return err
	}
	defer engine.close()

	w := &builders{docker: engine.builder, hasher: openHasher(project.File, toStderr(cmd)), project: project, stack: request.NewStack(project), say: say}
	defer keepOnce(w.hasher)
	refs, failed := w.all(ctx, names)
	if err := printRefs(cmd.OutOrStdout(), g.output == "json", names, refs); err != nil {
		return err
	}
	return failed
}

// builderFor finds the daemon to build in. Without a cluster that answers it is
// docker's own.
func builderFor(ctx context.Context, g *global, p *config.Project, say *said) (dockerSide, error) {
	kc, _, nodes, err := (&connector{global: g}).cluster(ctx, p)
	if err != nil {
		say.line("note: built in docker's own daemon, no cluster to ask for another: %v", err)
		kc = nil
	}
	d, err := findDocker(ctx, p, kc, nodes)
	if d.engine == nil {
		return d, err
	}
	if err != nil {
		say.line("note: built in docker's own daemon: %v", err)
	}
	return d, nil
}

func printRefs(w io.Writer, asJSON bool, names []string, refs map[string]string) error {
	built := map[string]string{}
	for _, name := range names {
		ref := refs[name]
		if ref == "" {
			continue
		}
		built[name] = ref
		if asJSON {
			continue
		}
		if _, err := fmt.Fprintln(w, ref); err != nil {
			return err
		}
	}
	if !asJSON {
		return nil
	}
	return writeJSON(w, map[string]any{"images": built})
}

// said keeps the lines of images that are built side by side whole.
type said struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *said) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.w, format+"\n", args...)
}
