package deploy

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/devloop-dev/devloop/internal/digest"
)

// charts keeps the charts that were loaded last, by path, and gives them again
// while their files are the same: a stat of each file instead of reading them,
// parsing their YAML and unpacking their subcharts. It is safe for concurrent
// use.
type charts struct {
	hasher *digest.Hasher
	mu     sync.Mutex
	loaded map[string]loadedChart
}

type loadedChart struct {
	sum   string
	chart *chart.Chart // never given away
}

func newCharts() *charts {
	return &charts{hasher: digest.New(), loaded: map[string]loadedChart{}}
}

// load gives a chart that belongs to the caller alone, as loadChart does.
func (c *charts) load(ctx context.Context, rel Release) (*chart.Chart, error) {
	sum, err := c.sum(ctx, rel.Chart)
	if err != nil {
		return loadChart(rel) // it says better what is wrong
	}
	c.mu.Lock()
	known := c.loaded[rel.Chart]
	c.mu.Unlock()
	if known.sum == sum {
		return cloneChart(known.chart), nil
	}
	ch, err := loadChart(rel)
	if err != nil {
		return nil, err
	}
	dropRaw(ch)
	// Files that changed while they were read are not known to be these.
	if after, err := c.sum(ctx, rel.Chart); err == nil && after == sum {
		c.mu.Lock()
		c.loaded[rel.Chart] = loadedChart{sum, ch}
		c.mu.Unlock()
		return cloneChart(ch), nil
	}
	return ch, nil
}

// sum is a digest of the chart's files.
func (c *charts) sum(ctx context.Context, path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return c.hasher.File(real)
	}
	tree, err := c.hasher.Linked(ctx, real, nil)
	if err != nil {
		return "", err
	}
	return tree.Sum(), nil
}

// dropRaw lets go of the files as they were read; nothing here shows them.
func dropRaw(ch *chart.Chart) {
	ch.Raw = nil
	for _, dep := range ch.Dependencies() {
		dropRaw(dep)
	}
}

// cloneChart copies what Helm's actions write into: metadata, values and
// dependencies. The files are shared.
func cloneChart(ch *chart.Chart) *chart.Chart {
	out := *ch
	if ch.Metadata != nil {
		meta := *ch.Metadata
		meta.Dependencies = slices.Clone(meta.Dependencies)
		for i, dep := range meta.Dependencies {
			if dep != nil {
				own := *dep
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
