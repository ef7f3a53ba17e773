package scaffold

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/overlay"
)

// object is what is read of any object before its kind is known.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`

	text string
}

// renderNamespace is the one that charts are rendered for: which it will be is not
// known yet.
const renderNamespace = "default"

// hookAnnotation marks what Helm makes at certain moments only.
const hookAnnotation = "helm.sh/hook"

// render gives the objects of a release, without hooks, as Helm makes them of its
// files with no cluster to ask: the capabilities are Helm's own, and lookup finds
// nothing. Images are those of the values.
func (d *drafter) render(name string, r config.Release) ([]object, error) {
	loaded, err := d.load(r.Chart)
	if err != nil {
		return nil, err
	}
	vals, err := d.given(r)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependencies(loaded, vals); err != nil {
		return nil, fmt.Errorf("read its dependencies: %w", err)
	}
	options := chartutil.ReleaseOptions{Name: name, Namespace: renderNamespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(loaded, vals, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(loaded, all)
	if err != nil {
		return nil, err
	}
	var out []object
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if ext := filepath.Ext(file); ext != ".yaml" && ext != ".yml" {
			continue // notes and partials
		}
		docs := releaseutil.SplitManifests(files[file])
		keys := slices.Collect(maps.Keys(docs))
		sort.Sort(releaseutil.BySplitManifestsOrder(keys))
		for _, key := range keys {
			doc := docs[key]
			o := object{text: doc}
			if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if _, hook := o.Metadata.Annotations[hookAnnotation]; !hook && o.Kind != "" {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// load reads a chart with those of its dependencies that lie here and that nobody
// has brought into its charts folder yet.
func (d *drafter) load(p string) (*chart.Chart, error) {
	c, err := loader.Load(filepath.Join(d.s.Dir, filepath.FromSlash(p)))
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, sub := range c.Dependencies() {
		there[sub.Name()] = true
	}
	for _, dep := range c.Metadata.Dependencies {
		local, ok := strings.CutPrefix(dep.Repository, "file://")
		if !ok || there[dep.Name] {
			continue
		}
		there[dep.Name] = true // once, also where several aliases name it
		sub, err := d.load(filepath.ToSlash(filepath.Join(p, local)))
		if err != nil {
			return nil, err
		}
		c.AddDependency(sub)
	}
	return c, nil
}

// given are the values that the release's files give to its chart.
func (d *drafter) given(r config.Release) (map[string]any, error) {
	vals := map[string]any{}
	for _, file := range r.Values {
		over, err := readValues(d.s.Dir, file)
		if err != nil {
			return nil, err
		}
		vals = overlay.Maps(vals, over)
	}
	return vals, nil
}
