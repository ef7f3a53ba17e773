package experiment

import (
	"math"
	"testing"

	"github.com/devloop-dev/devloop/internal/stat"
)

func TestLessInWords(t *testing.T) {
	for want, r := range map[string]Ratio{
		"12.5 % (-12.5 to 25.0 %)": {Value: 0.875, Interval: stat.Interval{Low: 0.75, High: 1.125}},
		"-":                        {Value: 7.5, Interval: stat.Interval{Low: 7, High: 8}},
	} {
		if got := r.less(); got != want {
			t.Errorf("ratio %v: %q, want %q", r.Value, got, want)
		}
	}
	none := Ratio{Value: math.NaN(), Interval: stat.Interval{Low: math.NaN(), High: math.NaN()}}
	if got := none.less() + share(none.Value); got != "--" {
		t.Errorf("without rounds: %q", got)
	}
}
