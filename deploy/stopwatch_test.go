package deploy

import (
	"testing"
	"time"
)

func TestStagesAddUpToTheWhole(t *testing.T) {
	start := time.Now()
	w := &stopwatch{}
	w.turn(loading)
	leave := w.enter(reading)
	w.enter(recording)()
	leave()
	w.turn(writing)
	for begun := time.Now(); time.Since(begun) < time.Millisecond; {
	}
	w.turn(between)
	whole := time.Since(start)
	s := w.read()
	sum := s.Load + s.Render + s.Read + s.Write + s.Record
	if s.Load <= 0 || s.Read <= 0 || s.Record <= 0 || s.Write <= 0 || s.Render != 0 || sum > whole || sum < time.Millisecond*9/10 {
		t.Errorf("%+v add up to %s of %s", s, sum, whole)
	}
	(*stopwatch)(nil).enter(loading)()
}
