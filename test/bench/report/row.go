package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/devloop-dev/devloop/internal/stat"
)

// Unit says how a value is printed.
type Unit string

// The units.
const (
	Seconds   Unit = "s"
	Megabytes Unit = "MB" // 10^6 bytes
	Count     Unit = ""
)

// Subject is the arm that targets are about.
const Subject = "devloop"

// Row is one kind of work as one thing was measured of it, in each arm.
type Row struct {
	Scenario string                 `json:"scenario"`
	Work     string                 `json:"work"`
	Unit     Unit                   `json:"unit"`
	Arms     []string               `json:"arms"` // in the order of the table; the Subject first
	Samples  map[string]stat.Series `json:"samples"`
	Targets  []Target               `json:"-"`
}

// Target is what a Row promises. Set Most, or Times and Of.
type Target struct {
	// Most is the largest allowed median, in the row's unit.
	Most float64
	// Times of arm Of, and More beyond it, is the largest allowed median.
	Times, More float64
	Of          string
	// Always asks it of every value, not of the median.
	Always bool
}

// Verdict is a Target held against what was measured.
type Verdict struct {
	Text string `json:"target"`
	Met  bool   `json:"met"`
}

// Verdicts judges the row. A target relative to an arm that was not measured is
// left out.
func (r Row) Verdicts() []Verdict {
	var out []Verdict
	own := r.Samples[Subject]
	for _, t := range r.Targets {
		got, limit := own.Median(), t.Most
		if t.Always {
			got = own.Max()
		}
		text := "at most " + r.Format(limit)
		if t.Of != "" {
			limit = t.Times*r.Samples[t.Of].Median() + t.More
			text = fmt.Sprintf("at most %s x %s", factor(t.Times), t.Of)
			if t.More > 0 {
				text = fmt.Sprintf("at most %s over %s", r.Format(t.More), t.Of)
			}
		}
		if math.IsNaN(limit) || math.IsNaN(got) {
			continue
		}
		out = append(out, Verdict{Text: text, Met: got <= limit})
	}
	return out
}

// factor prints small factors as the fractions they were meant as.
func factor(f float64) string {
	if f < 1 {
		return "1/" + strconv.FormatFloat(math.Round(1/f), 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// Format prints a value in the row's unit.
func (r Row) Format(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case r.Unit == Count:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case r.Unit == Megabytes && v < 1:
		return strconv.FormatFloat(v, 'f', 3, 64) + " MB"
	case r.Unit == Megabytes:
		return strconv.FormatFloat(v, 'f', 0, 64) + " MB"
	}
	return seconds(v)
}

// seconds prints three digits that matter at this size.
func seconds(v float64) string {
	if v < 1 {
		return strconv.FormatFloat(v, 'f', 3, 64) + " s"
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + " s"
}

// Ratio is an arm's median as a multiple of the Subject's.
func (r Row) Ratio(arm string) string {
	ratio := r.Samples[arm].Median() / r.Samples[Subject].Median()
	if arm == Subject || r.Unit == Count || math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return ""
	}
	if ratio < 10 {
		return strconv.FormatFloat(ratio, 'f', 2, 64) + " x"
	}
	return strconv.FormatFloat(ratio, 'f', 0, 64) + " x"
}
