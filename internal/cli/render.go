package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/preview"
	"github.com/devloop-dev/devloop/internal/request"
)

func newRender(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "render [RELEASE]",
		Short: "Print the manifests of a release, or of all, as helm would apply them",
		Long: `Renders the charts with the project's values and image references, the cluster's
capabilities and lookup, and prints the manifests and hooks as helm template does, with
the values of secrets, ready for kubectl or a linter. Nothing is built or written, but
a chart's dependencies are fetched into its charts folder where they are missing.

The tag of an image with a prebuild command is known after that ran: the reference that
is deployed stands in for it, and standard error says so.

With -o json the objects of all of them are the items of one v1 List.`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error { return render(cmd, g, args) },
	}
}

func render(cmd *cobra.Command, g *global, args []string) error {
	ctx := cmd.Context()
	project, kc, nodes, err := g.reach(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	for _, warning := range setWarnings(project) {
		fmt.Fprintln(cmd.ErrOrStderr(), "devloop: "+warning)
	}
	names := project.ReleaseNames()
	if len(args) > 0 {
		if err := known(project, "release", names, args); err != nil {
			return err
		}
		names = args
	}
	cluster, err := deploy.New(kc.Config, deploy.Options{Notice: toStderr(cmd)})
	if err != nil {
		return err
	}
	hasher, refs := openHasher(project.File, toStderr(cmd)), map[string]string{}
	defer keepOnce(hasher)
	images := usedBy(project, names)
	s := preview.Sources{Project: project, Hasher: hasher}
	if len(images) > 0 {
		d, _ := findDocker(ctx, project, kc, nodes) // without docker the tags are those of the names of base images
		defer d.close()
		s.Ref = d.ref
	}
	for _, image := range images {
		if refs[image], err = s.Reference(ctx, image); err != nil {
			return err
		}
	}
	var texts []string
	var failed []error
	for _, name := range names {
		r := project.Releases[name]
		rel := request.Release(name, r, kc.Namespace, refs)
		deployed, missing, err := preview.FillUnknown(ctx, cluster, &rel, r.Images)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, image := range slices.Concat(deployed, missing) {
			fmt.Fprintf(cmd.ErrOrStderr(), "devloop: release %s: the tag of image %s is known after its prebuild; this is not it\n", name, image)
		}
		text, err := cluster.Template(ctx, rel)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		texts = append(texts, text)
	}
	var written error
	if g.output == "json" {
		written = writeObjects(cmd.OutOrStdout(), texts)
	} else {
		_, written = io.WriteString(cmd.OutOrStdout(), strings.Join(texts, ""))
	}
	return errors.Join(append(failed, written)...)
}

// writeObjects writes the documents of manifests as one List, as kubectl has it.
func writeObjects(out io.Writer, manifests []string) error {
	list := struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}{"v1", "List", []json.RawMessage{}}
	for _, text := range manifests {
		documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			var object []byte
			if err == nil {
				object, err = yaml.YAMLToJSON(document)
			}
			if err != nil {
				return fmt.Errorf("turn the manifests into JSON: %w", err)
			}
			if string(object) != "null" { // nothing but comments
				list.Items = append(list.Items, object)
			}
		}
	}
	return writeJSON(out, list)
}

// usedBy lists the images of some releases.
func usedBy(p *config.Project, releases []string) []string {
	var out []string
	for _, name := range releases {
		for _, image := range p.Releases[name].Images {
			out = append(out, image)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s takes one name at most, and was given %q", cmd.CommandPath(), args)}
	}
	return nil
}
