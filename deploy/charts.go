package deploy

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/devloop-dev/devloop/internal/digest"
)

// charts keeps the charts that were loaded last, by path, and gives them again
// while their files are the same: a stat of each file instead of reading them,
// parsing their YAML and unpacking their subcharts. Where some of the chart's own
// files have changed, only those are read. It is safe for concurrent use.
type charts struct {
	hasher *digest.Hasher
	mu     sync.Mutex
	loaded map[string]loadedChart
}

type loadedChart struct {
	tree  digest.Tree
	chart *chart.Chart // never given away
	// own are the chart's files but for those of its subcharts, as Helm's loader
	// read them and in its order; none for an archive.
	own []*loader.BufferedFile
}

func newCharts() *charts {
	return &charts{hasher: digest.New(), loaded: map[string]loadedChart{}}
}

// load gives a chart that belongs to the caller alone, as loadChart does.
func (c *charts) load(ctx context.Context, rel Release) (*chart.Chart, error) {
	tree, folder, err := c.tree(ctx, rel.Chart)
	if err != nil {
		return loadChart(rel) // it says better what is wrong
	}
	c.mu.Lock()
	known, ok := c.loaded[rel.Chart]
	c.mu.Unlock()
	if ok && known.tree.Equal(tree) {
		return cloneChart(known.chart), nil
	}
	if ok && folder {
		if now, ok := c.reload(rel, known, tree); ok {
			c.keep(rel.Chart, now)
			return cloneChart(now.chart), nil
		}
	}
	ch, err := loadChart(rel)
	if err != nil {
		return nil, err
	}
	now := loadedChart{tree: tree, chart: ch}
	if folder {
		now.own = ownFiles(ch)
	}
	dropRaw(ch)
	// Files that changed while they were read are not known to be these.
	if after, _, err := c.tree(ctx, rel.Chart); err == nil && after.Equal(tree) {
		c.keep(rel.Chart, now)
		return cloneChart(ch), nil
	}
	return ch, nil
}

func (c *charts) keep(path string, now loadedChart) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loaded[path] = now
}

// tree is the digests of the chart's files, and whether it is a folder.
func (c *charts) tree(ctx context.Context, path string) (digest.Tree, bool, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return digest.Tree{}, false, err
	}
	info, err := os.Stat(real)
	if err != nil {
		return digest.Tree{}, false, err
	}
	if !info.IsDir() {
		sum, err := c.hasher.File(real)
		return digest.TreeOf(map[string]string{filepath.Base(real): sum}), false, err
	}
	tree, err := c.hasher.Linked(ctx, real, nil)
	return tree, true, err
}

// dropRaw lets go of the files as they were read; nothing here shows them.
func dropRaw(ch *chart.Chart) {
	ch.Raw = nil
	for _, dep := range ch.Dependencies() {
		dropRaw(dep)
	}
}

// cloneChart copies what Helm's actions and templates (set, sortAlpha) write into:
// metadata, values and dependencies. The files are shared.
func cloneChart(ch *chart.Chart) *chart.Chart {
	out := *ch
	if ch.Metadata != nil {
		meta := *ch.Metadata
		meta.Annotations = maps.Clone(meta.Annotations)
		meta.Keywords, meta.Sources = slices.Clone(meta.Keywords), slices.Clone(meta.Sources)
		meta.Dependencies = slices.Clone(meta.Dependencies)
		for i, dep := range meta.Dependencies {
			if dep != nil {
				own := *dep
				own.Tags = slices.Clone(own.Tags)
				meta.Dependencies[i] = &own
			}
		}
		out.Metadata = &meta
	}
	if ch.Values != nil {
		out.Values = cloneValues(ch.Values).(map[string]any)
	}
	out.Templates, out.Files = slices.Clone(ch.Templates), slices.Clone(ch.Files)
	var deps []*chart.Chart
	for _, dep := range ch.Dependencies() {
		deps = append(deps, cloneChart(dep))
	}
	out.SetDependencies(deps...)
	return &out
}

func cloneValues(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = cloneValues(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = cloneValues(item)
		}
		return out
	}
	return v
}
