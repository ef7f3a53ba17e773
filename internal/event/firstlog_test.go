package event

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestFirstLogs(t *testing.T) {
	now := time.Unix(0, 0)
	var told []string
	sink := FirstLogs(func(e Event) {
		if s, is := e.(Stage); is && s.Name == "log" {
			told = append(told, fmt.Sprintf("#%d %s %s %s", s.Iteration, s.Target, s.Detail, s.Took))
		}
	}, func() time.Time { return now })
	line := func(pod string) { sink(Log{Release: "shop", Pod: pod}) }
	apply := func(iteration int, skipped bool) {
		sink(Changed{Iteration: iteration, Saved: now})
		sink(Stage{Iteration: iteration, Name: "apply", Target: "shop", Skipped: skipped})
	}

	apply(1, false)
	now = now.Add(2 * time.Second)
	line("a")
	line("a")
	line("b") // only the first counts
	apply(2, true)
	line("c") // nothing was applied
	apply(3, false)
	line("a") // of the pods before
	now = now.Add(time.Second)
	line("d")
	apply(4, false)
	now = now.Add(time.Hour)
	line("e") // long after
	if want := []string{"#1 shop a 2s", "#3 shop d 1s"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
