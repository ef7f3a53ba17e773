package deploy

import (
	"bytes"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
)

// standIn takes a rendering's place in Helm's upgrade action. That action renders
// the chart it is given, and would do again what was done to see whether there is
// anything to upgrade. So it is given a chart that has the outcome for templates,
// word by word, and as its post-renderer the manifest. When it has rendered, the
// chart becomes the real one, which is what it records.
type standIn struct {
	chart *chart.Chart
	out   *output
}

func newStandIn(out *output) *standIn {
	name := out.chart.Name()
	ch := &chart.Chart{Metadata: &chart.Metadata{APIVersion: chart.APIVersionV2, Name: name, Version: out.chart.Metadata.Version}}
	put := func(file, text string) {
		ch.Templates = append(ch.Templates, &chart.File{Name: strings.TrimPrefix(file, name+"/"), Data: []byte(literal(text))})
	}
	if out.notes != "" {
		put(path.Join(name, "templates", "NOTES.txt"), out.notes)
	}
	files, order := map[string]string{}, []string{}
	for _, h := range out.hooks {
		if files[h.Path] == "" {
			order = append(order, h.Path)
		}
		files[h.Path] += "---\n" + h.Manifest + "\n"
	}
	for _, file := range order {
		put(file, files[file])
	}
	return &standIn{ch, out}
}

// literal is a template that renders to the text.
func literal(text string) string { return strings.ReplaceAll(text, "{{", "{{`{{`}}") }

// Run gives the manifest, as a post-renderer does (postrender.PostRenderer).
func (s *standIn) Run(*bytes.Buffer) (*bytes.Buffer, error) {
	*s.chart = *s.out.chart
	return bytes.NewBufferString(s.out.manifest), nil
}
