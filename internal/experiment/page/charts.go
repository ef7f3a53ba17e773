package page

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/render"

	"github.com/devloop-dev/devloop/internal/experiment"
)

// colors are those of Okabe and Ito, which people with any kind of colour vision
// tell apart.
func colors() []string {
	return []string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"}
}

// chart is one plot of the page.
type chart struct {
	ID, Title, Note string
	Height          int // pixels
	Option          template.JS
}

func newChart(id, title, note string, height int, snippet render.ChartSnippet) chart {
	// In a script's text this would end the script.
	return chart{id, title, note, height, template.JS(strings.ReplaceAll(snippet.Option, "</", `<\/`))}
}

// common are the settings of every plot.
func common(legend bool) []charts.GlobalOpts {
	return []charts.GlobalOpts{
		charts.WithAnimation(false),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(legend), Top: "0"}),
		charts.WithGridOpts(opts.Grid{Left: "12", Right: "32", Top: "36", Bottom: "36", ContainLabel: opts.Bool(true)}),
	}
}

// points plots every trial: time over the round. A triangle was not verified, and
// stands at its timeout; the first run stands at 0.
func (p pagination) points(step experiment.StepSummary) chart {
	c := charts.NewScatter()
	c.SetGlobalOptions(append(common(true),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: "round; 0 is the first run, which counts nowhere else", NameLocation: "middle", NameGap: 24, MinInterval: 1,
			SplitLine: &opts.SplitLine{Show: opts.Bool(false)}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "log", Name: "seconds", Min: p.floor(step)}),
	)...)
	for _, cell := range step.Arms {
		var data []opts.ScatterData
		for _, t := range slices.Concat(cell.First, cell.Trials) {
			d := opts.ScatterData{Value: []any{t.Round, rounded(t.Seconds)}, Symbol: "circle", SymbolSize: 8}
			if t.Round == 0 {
				d.Symbol = "emptyCircle"
			}
			if t.Outcome != experiment.Seen {
				d.Symbol, d.SymbolSize, d.Name = "triangle", 12, string(t.Outcome)
				d.Value = []any{t.Round, rounded(max(t.Limit, t.Seconds))}
			}
			data = append(data, d)
		}
		c.AddSeries(cell.Arm, data, charts.WithItemStyleOpts(opts.ItemStyle{Color: p.color(cell.Arm)}))
	}
	return newChart("points-"+slug(step.Key()), "Every trial", "", 300, c.RenderSnippet())
}

// floor is where a logarithmic axis of a step begins.
func (p pagination) floor(step experiment.StepSummary) float64 {
	least := math.Inf(1)
	for _, cell := range step.Arms {
		for _, t := range slices.Concat(cell.First, cell.Trials) {
			if t.Seconds > 0 {
				least = min(least, t.Seconds)
			}
		}
	}
	if math.IsInf(least, 1) {
		return 0.01
	}
	return math.Pow(10, math.Floor(math.Log10(least)))
}

// distribution plots which share of the trials was verified within a time. A curve
// that does not come to 1 belongs to an arm with trials that were not.
func (p pagination) distribution(step experiment.StepSummary) chart {
	c := charts.NewLine()
	c.SetGlobalOptions(append(common(true),
		charts.WithXAxisOpts(opts.XAxis{Type: "log", Name: "seconds", NameLocation: "middle", NameGap: 24, Min: p.floor(step)}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Name: "share verified", Min: 0, Max: 1}),
	)...)
	for _, cell := range step.Arms {
		c.AddSeries(cell.Arm, steps(cell),
			charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: p.color(cell.Arm)}),
			charts.WithLineStyleOpts(opts.LineStyle{Color: p.color(cell.Arm), Width: 2}))
	}
	return newChart("distribution-"+slug(step.Key()), "Share verified within a time", "", 300, c.RenderSnippet())
}

// steps is the empirical distribution function.
func steps(cell experiment.Cell) []opts.LineData {
	var seen []float64
	limit := 0.0
	for _, t := range cell.Trials {
		if t.Outcome == experiment.Seen {
			seen = append(seen, t.Seconds)
		}
		limit = max(limit, t.Limit)
	}
	slices.Sort(seen)
	var out []opts.LineData
	add := func(x, y float64) { out = append(out, opts.LineData{Value: []any{rounded(x), rounded(y)}}) }
	n := float64(len(cell.Trials))
	for i, s := range seen {
		add(s, float64(i)/n)
		add(s, float64(i+1)/n)
	}
	if len(seen) < len(cell.Trials) && len(seen) > 0 {
		add(limit, float64(len(seen))/n)
	}
	return out
}

// ratios plots each ratio of medians with its interval.
func (p pagination) ratios() chart {
	var names []string
	type row struct {
		label string
		experiment.Ratio
	}
	var rows []row
	for _, step := range p.Summary.Steps {
		for _, r := range step.Ratios {
			if !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0) {
				rows = append(rows, row{step.Key() + ": " + r.Arm + " / " + r.Against, r})
			}
		}
	}
	slices.Reverse(rows) // the axis counts from below
	for _, r := range rows {
		names = append(names, r.label)
	}
	c := charts.NewLine()
	c.SetGlobalOptions(append(common(false),
		charts.WithXAxisOpts(opts.XAxis{Type: "log", Name: "ratio of medians; below 0.1 is more than 90 % less", NameLocation: "middle", NameGap: 24}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, SplitLine: &opts.SplitLine{Show: opts.Bool(true)}}),
	)...)
	points := charts.NewScatter()
	for _, r := range rows {
		ends := []opts.LineData{{Value: []any{rounded(max(r.Interval.Low, 0.001)), r.label}}, {Value: []any{rounded(min(r.Interval.High, 100)), r.label}}}
		c.AddSeries("interval "+r.label, ends,
			charts.WithLineChartOpts(opts.LineChart{Symbol: "rect", SymbolSize: 7}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: p.color(r.Arm)}),
			charts.WithLineStyleOpts(opts.LineStyle{Color: p.color(r.Arm), Width: 3}),
			charts.WithMarkLineNameXAxisItemOpts(opts.MarkLineNameXAxisItem{Name: "0.1", XAxis: 0.1}, opts.MarkLineNameXAxisItem{Name: "1", XAxis: 1}),
			charts.WithMarkLineStyleOpts(opts.MarkLineStyle{Symbol: []string{"none", "none"}, LineStyle: &opts.LineStyle{Color: "#888", Type: "dashed"}, Label: &opts.Label{Show: opts.Bool(false)}}))
		points.AddSeries("ratio "+r.label, []opts.ScatterData{{Value: []any{rounded(r.Value), r.label}, Symbol: "diamond", SymbolSize: 14}},
			charts.WithItemStyleOpts(opts.ItemStyle{Color: p.color(r.Arm)}))
	}
	c.Overlap(points)
	return newChart("ratios", "Ratio of medians with its 95 % interval", "The dashed lines are 0.1 (90 % less) and 1 (no difference).", 90+44*len(rows), c.RenderSnippet())
}

// stages plots where an arm's time goes, by its own words.
func (p pagination) stages(arm string) (chart, bool) {
	var rows, names []string
	parts := map[string]map[string]float64{}
	for _, step := range slices.Backward(p.Summary.Steps) {
		for _, cell := range step.Arms {
			if cell.Arm != arm || len(cell.Stages) == 0 {
				continue
			}
			rows = append(rows, step.Key())
			parts[step.Key()] = map[string]float64{}
			for _, s := range cell.Stages {
				parts[step.Key()][s.Name] = s.Seconds
				if !slices.Contains(names, s.Name) {
					names = append(names, s.Name)
				}
			}
		}
	}
	if len(rows) == 0 {
		return chart{}, false
	}
	c := charts.NewBar()
	c.SetGlobalOptions(append(common(true),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: "seconds", NameLocation: "middle", NameGap: 24}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: rows}),
	)...)
	for i, name := range names {
		var data []opts.BarData
		for _, row := range rows {
			data = append(data, opts.BarData{Value: rounded(parts[row][name])})
		}
		c.AddSeries(name, data, charts.WithBarChartOpts(opts.BarChart{Stack: "stages"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: colors()[i%len(colors())]}))
	}
	return newChart("stages-"+slug(arm), arm, "Work on several targets at once adds up to more than the time that passed.", 110+40*len(rows), c.RenderSnippet()), true
}

// color is the same for an arm in all plots.
func (p pagination) color(arm string) string {
	for i, a := range p.Summary.Run.Header.Arms {
		if a.Name == arm {
			return colors()[i%len(colors())]
		}
	}
	return colors()[len(colors())-1]
}

// rounded keeps six digits: more is noise, and makes the page large.
func rounded(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// slug is a text as part of an element's id.
func slug(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, text)
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
