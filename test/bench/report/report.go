package report

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Report is one run of the benchmark.
type Report struct {
	Machine Machine `json:"machine"`
	Seed    uint64  `json:"seed"`
	Quick   bool    `json:"quick"` // small sizes: targets do not apply
	Rows    []Row   `json:"rows"`
	Parts   []Parts `json:"parts"`
	// Load is the machine's load average of the last minute, before each
	// scenario: what else ran beside the measurements.
	Load map[string]float64 `json:"load"`
}

// Parts says where the time of a scenario's edits went in devloop's arm.
type Parts struct {
	Scenario string `json:"scenario"`
	// Parts are the medians of what was seen from outside, one part after the
	// other.
	Parts []Duration `json:"parts"`
	// Stages are the medians of what devloop's own events say, by name.
	Stages []Duration `json:"stages"`
}

// Duration is one named piece of time.
type Duration struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// line is a line of the table: one arm of one row.
type line struct{ work, arm, n, median, p95, ratio, target string }

func (r Report) lines() []line {
	var out []line
	for _, row := range r.Rows {
		for i, arm := range row.Arms {
			s := row.Samples[arm]
			l := line{arm: arm, n: fmt.Sprint(len(s)), median: row.Format(s.Median()), p95: row.Format(s.P95()), ratio: row.Ratio(arm)}
			if i == 0 {
				l.work, l.target = row.Work, r.verdict(row)
			}
			out = append(out, l)
		}
	}
	return out
}

// verdict is the target column.
func (r Report) verdict(row Row) string {
	var words []string
	for _, v := range row.Verdicts() {
		text := v.Text
		switch {
		case r.Quick:
		case v.Met:
			text += ": met"
		default:
			text += ": MISSED"
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}

// Missed lists the rows with a target that was not met.
func (r Report) Missed() []Row {
	var out []Row
	for _, row := range r.Rows {
		for _, v := range row.Verdicts() {
			if !v.Met && !r.Quick {
				out = append(out, row)
				break
			}
		}
	}
	return out
}

// judged is a Row in JSON, with what is derived from its samples.
type judged struct {
	Row
	Median  map[string]float64 `json:"median"`
	P95     map[string]float64 `json:"p95"`
	Targets []Verdict          `json:"targets"`
}

// WriteJSON writes the report with all samples to a file.
func (r Report) WriteJSON(path string) error {
	type plain Report
	out := struct {
		plain
		Rows []judged `json:"rows"`
	}{plain: plain(r)}
	for _, row := range r.Rows {
		j := judged{Row: row, Targets: row.Verdicts(), Median: map[string]float64{}, P95: map[string]float64{}}
		for _, arm := range row.Arms {
			if s := row.Samples[arm]; len(s) > 0 {
				j.Median[arm], j.P95[arm] = s.Median(), s.P95()
			}
		}
		out.Rows = append(out.Rows, j)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}
