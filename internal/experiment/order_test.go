package experiment

import (
	"reflect"
	"testing"
	"time"
)

func TestEveryRoundHasEachScenarioInEachArmOnce(t *testing.T) {
	scenarios := []Scenario{{Name: "A"}, {Name: "B", Arms: []string{"devloop"}}}
	slots := order(7, 20, scenarios, []string{"devloop", "helm"})
	count, firsts := map[int]map[string]int{}, map[string]bool{}
	for i, s := range slots {
		if count[s.round] == nil {
			count[s.round] = map[string]int{}
			firsts[s.scenario.Name+s.arm] = true
		}
		count[s.round][s.scenario.Name+s.arm]++
		if i > 0 && s.round < slots[i-1].round {
			t.Errorf("slot %d of round %d comes after round %d", i, s.round, slots[i-1].round)
		}
		if s.pause < 0 || s.pause >= time.Second {
			t.Errorf("pause %s", s.pause)
		}
	}
	for round := range 21 {
		if want := map[string]int{"Adevloop": 1, "Ahelm": 1, "Bdevloop": 1}; !reflect.DeepEqual(count[round], want) {
			t.Errorf("round %d has %v", round, count[round])
		}
	}
	if len(firsts) != 3 {
		t.Errorf("rounds begin with %v only: the order is not random", firsts)
	}
	if !reflect.DeepEqual(slots, order(7, 20, scenarios, []string{"devloop", "helm"})) {
		t.Error("the same seed gives another order")
	}
}
