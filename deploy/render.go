package deploy

import (
	"context"
	"fmt"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"

	"github.com/devloop-dev/devloop/internal/digest"
)

// Rendered is what a release's files amount to.
type Rendered struct {
	// Manifest is the YAML stream helm records: a "# Source:" line above each
	// document, in install order, without hooks.
	Manifest string
	// Objects are the manifest's objects in the same order; a list's items
	// count one by one.
	Objects []Object
	Hooks   []Hook
	// Notes is the rendered NOTES.txt.
	Notes string
	// Digest is the hex SHA-256 of manifest and hooks.
	Digest string

	docs []document // as Objects
}

// Hook is an object that helm makes at certain moments of a release's life.
type Hook struct {
	Object
	// Events are helm's names of the moments, such as pre-upgrade.
	Events []string
	// Weight orders the hooks of one moment, lowest first.
	Weight   int
	Manifest string
}

// Render renders the release as the next `helm upgrade --install` would, with
// the cluster's real capabilities and a lookup that reads the cluster. Nothing
// is written.
//
// Values are merged as helm merges them: the chart's, then each of Values, then
// Set, then SetFiles, then Images. An image value that is a string gets the reference; one
// that is a map gets its repository and tag, and its registry and digest are
// emptied where it has them.
//
// The error is a *RenderError where the release's files are at fault.
func (c *Cluster) Render(ctx context.Context, rel Release) (*Rendered, error) {
	out, err := c.upcoming(ctx, rel)
	if err != nil {
		return nil, err
	}
	return c.describe(rel.Namespace, out.manifest, out.hooks, out.notes)
}

// upcoming renders the revision that the next upgrade would make.
func (c *Cluster) upcoming(ctx context.Context, rel Release) (*output, error) {
	if err := rel.validate(); err != nil {
		return nil, err
	}
	last, err := c.last(ctx, rel.Namespace, rel.Name)
	if err != nil {
		return nil, err
	}
	if _, err := c.deps.ensure(ctx, rel); err != nil {
		return nil, err
	}
	src, err := c.source(ctx, rel)
	if err != nil {
		return nil, err
	}
	return c.render(ctx, src, next(rel, last))
}

// source is a release with its files read.
type source struct {
	rel    Release
	loaded *chart.Chart // never given away; see chart
	vals   map[string]any
	caps   *chartutil.Capabilities
	// history is what Apply has read of it; nil where nothing was read.
	history *storage.Storage
	watch   *stopwatch // nil where nobody asks
}

// chart is the release's chart as it was when its files were read. Helm's
// rendering and its actions change the chart they are given, so each of them
// gets one of its own.
func (s *source) chart() *chart.Chart { return cloneChart(s.loaded) }

func (c *Cluster) source(ctx context.Context, rel Release) (*source, error) {
	caps, err := c.surface.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	ch, err := c.charts.load(ctx, rel)
	if err != nil {
		return nil, err
	}
	vals, err := releaseValues(rel, ch)
	if err != nil {
		return nil, err
	}
	return &source{rel: rel, loaded: ch, vals: vals, caps: caps}, nil
}

// next is how the release that comes after last is told to the templates. Helm
// tells every install, also that over an uninstalled release, that it is revision 1.
func next(rel Release, last *release.Release) chartutil.ReleaseOptions {
	opts := chartutil.ReleaseOptions{Name: rel.Name, Namespace: rel.Namespace, Revision: 1, IsInstall: true}
	if last != nil && last.Info.Status != release.StatusUninstalled {
		opts.Revision, opts.IsInstall, opts.IsUpgrade = last.Version+1, false, true
	}
	return opts
}

// output is a rendering in helm's own terms, to be compared with a record.
type output struct {
	chart    *chart.Chart // with its dependencies resolved, as helm records it
	manifest string
	hooks    []*release.Hook
	notes    string
}

// render follows the rendering of Helm's install and upgrade actions step by
// step (helm.sh/helm/v3/pkg/action), so that its outcome can be compared with
// what they recorded.
func (c *Cluster) render(ctx context.Context, src *source, opts chartutil.ReleaseOptions) (*output, error) {
	rel := src.rel
	ch := src.chart()
	if err := chartutil.ProcessDependenciesWithMerge(ch, src.vals); err != nil {
		return nil, fmt.Errorf("render release %s: resolve dependencies: %w", rel.Name, err)
	}
	if want := ch.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, src.caps.KubeVersion.String()) {
		return nil, &RenderError{Release: rel.Name, File: inChart(rel, "Chart.yaml"),
			Message: fmt.Sprintf("the chart wants Kubernetes %s, the cluster is %s", want, src.caps.KubeVersion.String())}
	}
	values, err := chartutil.ToRenderValues(ch, src.vals, opts, src.caps)
	if err != nil {
		return nil, schemaError(rel, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	files, err := c.rendered.render(rel.String(), ch, values, func(ch *chart.Chart) (map[string]string, error) {
		return engine.RenderWithClientProvider(ch, values, lookups{c.dynamic, c.getter.mapper})
	})
	if err != nil {
		return nil, c.renderFailure(rel, nil, err)
	}
	out := &output{chart: ch}
	notes := path.Join(ch.Name(), "templates", "NOTES.txt")
	for name, text := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			if name == notes {
				out.notes = text
			}
			delete(files, name)
		}
	}
	hooks, manifests, err := c.sorted.sort(files)
	if err != nil {
		return nil, c.renderFailure(rel, files, err)
	}
	var b strings.Builder
	size := 0
	for _, m := range manifests {
		size += len("---\n# Source: \n\n") + len(m.Name) + len(m.Content)
	}
	b.Grow(size)
	for _, m := range manifests {
		b.WriteString("---\n# Source: " + m.Name + "\n")
		b.WriteString(m.Content)
		b.WriteByte('\n')
	}
	out.manifest, out.hooks = b.String(), hooks
	return out, nil
}

func (c *Cluster) renderFailure(rel Release, files map[string]string, err error) error {
	if e := templateError(rel, files, err); e != nil {
		return e
	}
	return fmt.Errorf("render release %s: %w", rel.Name, err)
}

// describe lists the objects of a manifest and its hooks.
func (c *Cluster) describe(namespace, manifest string, hooks []*release.Hook, notes string) (*Rendered, error) {
	r := &Rendered{Manifest: manifest, Notes: notes}
	docs, err := c.docs.split(manifest)
	if err != nil {
		return nil, err
	}
	r.docs = docs
	for _, d := range docs {
		r.Objects = append(r.Objects, c.object(d, namespace))
	}
	parts := []string{manifest}
	for _, h := range hooks {
		parts = append(parts, h.Path, h.Manifest)
		docs, err := c.docs.split(h.Manifest)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			d.template = chartFile(h.Path)
			hook := Hook{Object: c.object(d, namespace), Weight: h.Weight, Manifest: h.Manifest}
			for _, e := range h.Events {
				hook.Events = append(hook.Events, e.String())
			}
			r.Hooks = append(r.Hooks, hook)
		}
	}
	r.Digest = digest.Of(parts...)
	return r, nil
}
