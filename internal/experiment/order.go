package experiment

import (
	"math/rand/v2"
	"time"
)

// slot is one trial that is due.
type slot struct {
	round    int // 0 is the one that is reported apart
	scenario Scenario
	arm      string
	// pause before it, of up to a second: kubelet looks at its containers once a
	// second, and no arm shall meet it always at the same moment.
	pause time.Duration
}

// order is the trials of a round and so many more: each round has every scenario
// once in each of its arms, in a random order that the seed repeats. Rounds are the
// pairs of the statistics, so what slows the machine for a while slows all arms.
func order(seed uint64, rounds int, scenarios []Scenario, arms []string) []slot {
	random := rand.New(rand.NewPCG(seed, 0))
	var out []slot
	for round := range rounds + 1 {
		var due []slot
		for _, s := range scenarios {
			for _, a := range arms {
				if s.has(a) {
					due = append(due, slot{round, s, a, time.Duration(random.Int64N(int64(time.Second)))})
				}
			}
		}
		random.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
		out = append(out, due...)
	}
	return out
}

// has says whether a scenario is run in an arm.
func (s Scenario) has(arm string) bool {
	for _, a := range s.Arms {
		if a == arm {
			return true
		}
	}
	return len(s.Arms) == 0
}
