package main

import (
	"fmt"
	"strings"
	"testing"
)

// A follower that loses a line of one pod and shows one of another twice.
func TestTally(t *testing.T) {
	var shown strings.Builder
	shown.WriteString("+ a word of its own\n")
	for pod := range writers {
		for n := range 3 {
			switch {
			case pod == 2 && n == 1:
				continue
			case pod == 4 && n == 0:
				fmt.Fprintf(&shown, "pod-%d app │ line %d\n", pod, n)
			}
			fmt.Fprintf(&shown, "pod-%d app │ line %d\n", pod, n)
		}
	}
	c := &tally{lines: 3, shown: map[string][]int{}}
	if err := c.read(strings.NewReader(shown.String())); err != nil {
		t.Fatal(err)
	}
	if missing, again := c.result(); missing != 1 || again != 1 || c.total.Load() != 3*writers || c.distinct.Load() != 3*writers-1 {
		t.Errorf("%v missing, %v again, %d in all, of which %d are others", missing, again, c.total.Load(), c.distinct.Load())
	}
}
