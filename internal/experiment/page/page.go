package page

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/devloop-dev/devloop/internal/experiment"
)

//go:embed assets/echarts.min.js.gz
var library []byte

//go:embed page.html
var layout string

// pagination is what the page is made from.
type pagination struct {
	Summary *experiment.Summary
	Library template.JS
	Ratios  chart
	Steps   []section
	Stages  []chart
	Method  string
}

// section is a step with its plots.
type section struct {
	experiment.StepSummary
	Points, Distribution chart
}

// Write draws the page.
func Write(w io.Writer, s *experiment.Summary) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(library))
	if err != nil {
		return fmt.Errorf("unpack the charting library: %w", err)
	}
	script, err := io.ReadAll(unpacked)
	if err != nil {
		return fmt.Errorf("unpack the charting library: %w", err)
	}
	p := pagination{Summary: s, Library: template.JS(script), Method: experiment.Method}
	p.Ratios = p.ratios()
	for _, step := range s.Steps {
		p.Steps = append(p.Steps, section{step, p.points(step), p.distribution(step)})
	}
	for _, a := range s.Run.Header.Arms {
		if c, some := p.stages(a.Name); some {
			p.Stages = append(p.Stages, c)
		}
	}
	page, err := template.New("page").Funcs(template.FuncMap{"count": count}).Parse(layout)
	if err != nil {
		return fmt.Errorf("draw the report: %w", err)
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("draw the report: %w", err)
	}
	return nil
}
