package stat

import (
	"math"
	"testing"
)

func TestMedianAndP95(t *testing.T) {
	tests := map[string]struct {
		in          Series
		median, p95 float64
	}{
		"odd":       {Series{3, 1, 2}, 2, 3},
		"even":      {Series{4, 1, 3, 2}, 2.5, 4},
		"one":       {Series{7}, 7, 7},
		"of twenty": {Series{20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 10.5, 19},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if m, p := tt.in.Median(), tt.in.P95(); m != tt.median || p != tt.p95 {
				t.Errorf("median %v, p95 %v; want %v, %v", m, p, tt.median, tt.p95)
			}
		})
	}
	if !math.IsNaN(Series(nil).Median()) {
		t.Error("the median of nothing is a number")
	}
}
