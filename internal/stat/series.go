package stat

import (
	"math"
	"slices"
)

// Series are measured values, in the order they were measured.
type Series []float64

// Median is the middle value, or the mean of the two middle ones; NaN of none.
func (s Series) Median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(s))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// P95 is the smallest value that at least 95 % do not exceed (nearest rank);
// with fewer than 20 values that is the largest one. NaN of none.
func (s Series) P95() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(s))
	return v[int(math.Ceil(0.95*float64(len(v))))-1]
}

// Max is the largest value; NaN of none.
func (s Series) Max() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return slices.Max(s)
}

// Mean is the arithmetic mean; NaN of none.
func (s Series) Mean() float64 {
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum / float64(len(s))
}
