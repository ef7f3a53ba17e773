package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/devloop-dev/devloop/internal/overlay"
)

// Chart is a chart that can be a release of its own.
type Chart struct {
	Path   string
	Name   string
	Images []ImageValue
	// Unsettable are image values in a form that devloop cannot set, and images
	// written out in templates, each with what to do about it.
	Unsettable []string

	values map[string]any // defaults, with those of the subcharts that are folders
}

// readCharts reads the charts, less libraries and those that are a part of
// another one.
func readCharts(dir string, paths []string) ([]Chart, error) {
	metas := map[string]*chart.Metadata{}
	part := map[string]bool{}
	for _, p := range paths {
		meta, err := readMeta(dir, p)
		if err != nil {
			return nil, err
		}
		metas[p] = meta
		for _, d := range meta.Dependencies {
			if local, ok := strings.CutPrefix(d.Repository, "file://"); ok {
				part[path.Join(p, filepath.ToSlash(local))] = true
			}
		}
	}
	var out []Chart
	for _, p := range paths {
		if part[p] || metas[p].Type == "library" {
			continue
		}
		c := Chart{Path: p, Name: metas[p].Name}
		var err error
		if c.values, err = defaults(dir, p, metas[p], nil); err != nil {
			return nil, err
		}
		c.Images, c.Unsettable = imageValues(c.values)
		for i := range c.Unsettable {
			c.Unsettable[i] = path.Join(p, "values.yaml") + ": " + c.Unsettable[i]
		}
		c.Unsettable = append(c.Unsettable, writtenOut(dir, p)...)
		out = append(out, c)
	}
	return out, nil
}

func readMeta(dir, p string) (*chart.Metadata, error) {
	file := path.Join(p, "Chart.yaml")
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	meta := &chart.Metadata{}
	if err := yaml.Unmarshal(data, meta); err != nil {
		return nil, fmt.Errorf("%s is not a Chart.yaml: %w", file, err)
	}
	if meta.Name == "" {
		return nil, fmt.Errorf("%s has no name: add one, as in name: %s", file, path.Base(path.Join(filepath.ToSlash(dir), p)))
	}
	return meta, nil
}

// defaults are a chart's values as its templates see them: its values.yaml, and
// under each subchart's name (or alias) that one's, the parent's winning. Of
// subcharts only folders count: a packed one was made elsewhere, and so were its
// images.
func defaults(dir, p string, meta *chart.Metadata, above []string) (map[string]any, error) {
	if slices.Contains(above, p) {
		return nil, fmt.Errorf("chart %s depends on itself: %s", p, strings.Join(append(above, p), " -> "))
	}
	above = append(slices.Clone(above), p)
	vals, err := readValues(dir, path.Join(p, "values.yaml"))
	if err != nil {
		return nil, err
	}
	subs := map[string]string{} // name in values -> path
	entries, _ := os.ReadDir(filepath.Join(dir, filepath.FromSlash(p), "charts"))
	for _, e := range entries {
		sub := path.Join(p, "charts", e.Name())
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(sub), "Chart.yaml")); err == nil {
			subs[e.Name()] = sub
		}
	}
	for _, d := range meta.Dependencies {
		name := d.Name
		if d.Alias != "" {
			name = d.Alias
		}
		local, isLocal := strings.CutPrefix(d.Repository, "file://")
		if folder, ok := subs[d.Name]; ok {
			delete(subs, d.Name)
			subs[name] = folder
		} else if isLocal {
			subs[name] = path.Join(p, filepath.ToSlash(local))
		}
	}
	for name, sub := range subs {
		subMeta, err := readMeta(dir, sub)
		if errors.Is(err, fs.ErrNotExist) {
			continue // helm says so when it renders
		}
		if err != nil {
			return nil, err
		}
		below, err := defaults(dir, sub, subMeta, above)
		if err != nil {
			return nil, err
		}
		own, _ := vals[name].(map[string]any)
		vals[name] = overlay.Maps(below, own)
	}
	return vals, nil
}

// readValues is a values file; one that is not there is empty.
func readValues(dir, file string) (map[string]any, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read values: %w", err)
	}
	vals := map[string]any{}
	if err := yaml.Unmarshal(data, &vals); err != nil {
		return nil, fmt.Errorf("%s cannot be read as values: %w", file, err)
	}
	if vals == nil {
		vals = map[string]any{}
	}
	return vals, nil
}

// ImagesOf are the image values of the chart in a folder; none where it cannot be
// read.
func ImagesOf(folder string) []ImageValue {
	meta, err := readMeta(folder, ".")
	if err != nil {
		return nil
	}
	vals, err := defaults(folder, ".", meta, nil)
	if err != nil {
		return nil
	}
	found, _ := imageValues(vals)
	return found
}
