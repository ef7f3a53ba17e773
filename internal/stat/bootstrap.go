package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a 95 % interval. Its ends can be infinite.
type Interval struct{ Low, High float64 }

// Bootstrap is the 95 % percentile interval of a statistic of n observations
// (Efron 1979): they are drawn n times with replacement, resamples times, and
// 2.5 % of the outcomes are left out at each end. of is given the numbers of the
// observations that were drawn, which lie in [0, n). The same seed gives the same
// interval.
func Bootstrap(seed uint64, resamples, n int, of func(drawn []int) float64) Interval {
	return BootstrapTwo(seed, resamples, n, 1, func(drawn, _ []int) float64 { return of(drawn) })
}

// BootstrapTwo is Bootstrap for a statistic of two samples that have nothing to do
// with each other, of n and m observations.
func BootstrapTwo(seed uint64, resamples, n, m int, of func(a, b []int) float64) Interval {
	if n == 0 || m == 0 || resamples == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	a, b, out := make([]int, n), make([]int, m), make([]float64, resamples)
	for i := range out {
		for _, drawn := range [][]int{a, b} {
			for j := range drawn {
				drawn[j] = random.IntN(len(drawn))
			}
		}
		out[i] = of(a, b)
	}
	slices.Sort(out)
	return Interval{Quantile(out, 0.025), Quantile(out, 0.975)}
}

// Quantile is that of values in order, by linear interpolation between the two
// nearest (type 7 of Hyndman and Fan, the default of R); NaN of none.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	low, part := math.Modf(at)
	i := int(low)
	if part == 0 || i+1 == len(sorted) || sorted[i] == sorted[i+1] {
		return sorted[i]
	}
	return sorted[i] + part*(sorted[i+1]-sorted[i])
}

// Pick is the series of the numbered values.
func (s Series) Pick(numbers []int) Series {
	out := make(Series, len(numbers))
	for i, n := range numbers {
		out[i] = s[n]
	}
	return out
}
