package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// R: quantile(c(1, 2, 4, 8, 16), c(.025, .1, .25, .5, .975))
func TestQuantileIsRsType7(t *testing.T) {
	sorted := []float64{1, 2, 4, 8, 16}
	for q, want := range map[float64]float64{0: 1, 0.025: 1.1, 0.1: 1.4, 0.25: 2, 0.5: 4, 0.975: 15.2, 1: 16} {
		if got := Quantile(sorted, q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
}

// The mean of a normal sample is normal: the interval must be that of the known
// standard error, 1.96 s / sqrt(n), within the noise of the resampling.
func TestBootstrapOfAMean(t *testing.T) {
	random, n := rand.New(rand.NewPCG(1, 2)), 400
	sample := make(Series, n)
	for i := range sample {
		sample[i] = 10 + 2*random.NormFloat64()
	}
	square := 0.0
	for _, v := range sample {
		square += (v - sample.Mean()) * (v - sample.Mean())
	}
	half := 1.96 * math.Sqrt(square/float64(n)) / math.Sqrt(float64(n))
	got := Bootstrap(7, 4000, n, func(drawn []int) float64 { return sample.Pick(drawn).Mean() })
	if math.Abs(got.Low-(sample.Mean()-half)) > half/12 || math.Abs(got.High-(sample.Mean()+half)) > half/12 {
		t.Errorf("interval %v, want %.4f +- %.4f", got, sample.Mean(), half)
	}
}

// How often 95 % intervals hold the true ratio of medians, over many experiments.
func TestBootstrapCoversTheRatioOfMedians(t *testing.T) {
	random, n, experiments, hits := rand.New(rand.NewPCG(3, 4)), 30, 300, 0
	for e := range experiments {
		a, b := make(Series, n), make(Series, n)
		for i := range n {
			a[i], b[i] = math.Exp(0.3*random.NormFloat64()), 10*math.Exp(0.2*random.NormFloat64())
		}
		in := Bootstrap(uint64(e), 300, n, func(drawn []int) float64 { return a.Pick(drawn).Median() / b.Pick(drawn).Median() })
		if in.Low <= 0.1 && 0.1 <= in.High {
			hits++
		}
	}
	if share := float64(hits) / float64(experiments); share < 0.91 || share > 0.985 {
		t.Errorf("%.1f %% of the intervals hold the true ratio, not about 95 %%", 100*share)
	}
}

func TestBootstrapIsRepeatedByItsSeed(t *testing.T) {
	s := Series{1, 2, 3, 4, 5, 9}
	median := func(drawn []int) float64 { return s.Pick(drawn).Median() }
	if a, b := Bootstrap(5, 1000, len(s), median), Bootstrap(5, 1000, len(s), median); a != b {
		t.Errorf("%v and %v of the same seed", a, b)
	}
	if in := Bootstrap(5, 1000, 0, median); !math.IsNaN(in.Low) {
		t.Errorf("an interval of nothing: %v", in)
	}
}

// An observation that never ended counts as infinite: where such are drawn often
// enough, the interval has no upper end.
func TestBootstrapWithEndlessObservations(t *testing.T) {
	s := Series{1, 1, 1, 1, math.Inf(1), math.Inf(1), math.Inf(1)}
	in := Bootstrap(1, 1000, len(s), func(drawn []int) float64 { return s.Pick(drawn).Median() })
	if in.Low != 1 || !math.IsInf(in.High, 1) {
		t.Errorf("%v, want 1 to infinity", in)
	}
}
