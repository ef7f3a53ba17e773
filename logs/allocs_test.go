package logs

import (
	"fmt"
	"testing"
	"time"

	"github.com/muesli/termenv"
)

// TestMergingHasABudget counts what bringing lines of ten containers into order
// allocates: the queues grow at first, and from then on nothing is made for a line.
func TestMergingHasABudget(t *testing.T) {
	const most = 10 // for 10 x 64 lines
	o := newOrder(orderWindow)
	var all []*source
	for range 10 {
		all = append(all, newSource())
	}
	lines, out := make([]Line, batchLines), make([]Line, 0, batchLines)
	at := time.Now()
	for i := range lines {
		at = at.Add(time.Microsecond)
		lines[i] = Line{Time: at, Text: fmt.Sprint("line ", i)}
	}
	got := testing.AllocsPerRun(50, func() {
		for _, s := range all {
			if err := o.push(t.Context(), s, lines); err != nil {
				t.Fatal(err)
			}
		}
		taken, later := 0, time.Now().Add(orderWindow)
		for taken < len(all)*len(lines) {
			out, _, _ = o.take(out[:0], later)
			if len(out) == 0 {
				t.Fatalf("%d lines were released, of %d", taken, len(all)*len(lines))
			}
			taken += len(out)
		}
	})
	t.Logf("%v allocations for %d lines", got, len(all)*len(lines))
	if got > most {
		t.Errorf("%v allocations, the budget is %d", got, most)
	}
}

// TestDrawingHasABudget counts what a line with a prefix and colours allocates, and one
// of JSON with five fields.
func TestDrawingHasABudget(t *testing.T) {
	p := NewPrinter(renderer(termenv.TrueColor, true), PrinterOptions{})
	for text, most := range map[string]float64{
		"GET /index.html 200 in 12ms": 2,
		`{"time":"2030-01-02T03:04:05.678Z","level":"INFO","msg":"served","method":"GET","path":"/index.html","status":200,"took":"12ms"}`: 15,
	} {
		got := testing.AllocsPerRun(50, func() {
			p.Text(Line{Namespace: "n", Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: text})
		})
		t.Logf("%v allocations for %s", got, text)
		if got > most {
			t.Errorf("%v allocations for %s, the budget is %v", got, text, most)
		}
	}
}
