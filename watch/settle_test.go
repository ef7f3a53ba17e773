package watch

import (
	"testing"
	"time"
)

func TestSettle(t *testing.T) {
	const ms = time.Millisecond
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		events []time.Duration // of one burst
		paths  int
		want   time.Duration
	}{
		"single save":         {[]time.Duration{0}, 1, 25 * ms},
		"three writes":        {[]time.Duration{0, 1 * ms, 5 * ms}, 2, 30 * ms},
		"a dozen files":       {[]time.Duration{0, 10 * ms}, 12, 60 * ms},
		"a thousand":          {[]time.Duration{0, 10 * ms}, 1000, 110 * ms},
		"never past a second": {[]time.Duration{0, 20 * ms, 990 * ms}, 3, 1000 * ms},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := settle{quiet: 25 * ms, max: time.Second}
			for _, at := range tt.events {
				s.event(start.Add(at))
			}
			if got := s.due(tt.paths).Sub(start); got != tt.want {
				t.Errorf("over after %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSettleWritesThatResume(t *testing.T) {
	const ms = time.Millisecond
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s := settle{quiet: 25 * ms, max: time.Second}
	var got []time.Duration
	for range 5 { // a write each 30 ms after the end of the last burst
		s.event(now)
		due := s.due(1)
		got = append(got, due.Sub(now))
		s.end(due)
		s.delivered()
		now = due.Add(30 * ms)
	}
	want := []time.Duration{25 * ms, 50 * ms, 100 * ms, 200 * ms, 200 * ms}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("burst %d: quiet time %v, want %v", i, got[i], want[i])
		}
	}
	now = now.Add(time.Second) // a pause makes the next save a single one again
	s.event(now)
	if d := s.due(1).Sub(now); d != 25*ms {
		t.Errorf("after a pause: quiet time %v, want 25ms", d)
	}
}

func TestEditorFile(t *testing.T) {
	for name, want := range map[string]bool{
		".values.yaml.swp": true, ".values.yaml.swo": true, ".a.swx": true, "4913": true,
		"values.yaml~": true, ".#values.yaml": true, "#values.yaml#": true, ".DS_Store": true,
		"main.go___jb_tmp___": true,
		"values.yaml":         false, "swp": false, "a.swp": false, ".env": false, "#": false,
		"#readme": false, "49130": false, ".swag.yaml": false, ".swarm": false,
	} {
		if got := EditorFile(name); got != want {
			t.Errorf("EditorFile(%q) = %v, want %v", name, got, want)
		}
	}
}
