package deploy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/devloop-dev/devloop/internal/digest"
)

// utf8BOM is what Helm's loader takes off a file's beginning.
var utf8BOM = []byte("\xEF\xBB\xBF")

// ownFiles are the files of a chart that was loaded from a folder, but for those
// of its subcharts.
func ownFiles(ch *chart.Chart) []*loader.BufferedFile {
	var own []*loader.BufferedFile
	for _, f := range ch.Raw {
		if !strings.HasPrefix(f.Name, "charts/") || filepath.Ext(f.Name) == ".prov" {
			own = append(own, &loader.BufferedFile{Name: f.Name, Data: f.Data})
		}
	}
	return own
}

// reload loads a chart of which only the content of own files has changed. It is
// false where anything else has, or where Helm's loader must say what is wrong.
func (c *charts) reload(rel Release, known loadedChart, tree digest.Tree) (loadedChart, bool) {
	at := make(map[string]int, len(known.own))
	for i, f := range known.own {
		at[f.Name] = i
	}
	now := loadedChart{tree: tree, own: append([]*loader.BufferedFile(nil), known.own...)}
	for _, path := range tree.Diff(known.tree) {
		i, ok := at[path]
		if !ok || path == ".helmignore" || strings.HasPrefix(path, "charts/") {
			return loadedChart{}, false
		}
		data, ok := c.as(tree, rel.Chart, path)
		if !ok {
			return loadedChart{}, false
		}
		now.own[i] = &loader.BufferedFile{Name: path, Data: data}
	}
	ch, err := loader.LoadFiles(now.own)
	if err != nil {
		return loadedChart{}, false
	}
	for _, dep := range known.chart.Dependencies() {
		ch.AddDependency(cloneChart(dep))
	}
	if checkChart(rel, ch) != nil {
		return loadedChart{}, false
	}
	dropRaw(ch)
	now.chart = ch
	return now, true
}

// as reads a file that is as the tree says, before and after it was read.
func (c *charts) as(tree digest.Tree, root, path string) ([]byte, bool) {
	want, ok := tree.Get(path)
	name := filepath.Join(root, filepath.FromSlash(path))
	if !ok {
		return nil, false // it is gone
	}
	data, err := os.ReadFile(name)
	if err != nil || int64(len(data)) > loader.MaxDecompressedFileSize {
		return nil, false
	}
	after, err := c.hasher.Content(name)
	return bytes.TrimPrefix(data, utf8BOM), err == nil && after == want
}
