package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// iteration is what devloop itself told of one iteration. It only serves to know
// when devloop is idle again and where its time went; the results are what the
// observer saw.
type iteration struct {
	saved, changed, planned, applied, done time.Time
	verdict                                string
	failures                               []string
	stages                                 map[string]float64 // seconds, by devloop's name; of all targets together
	context                                float64            // seconds of build: transfer of contexts, by docker's clock
}

// readEvents turns devloop's JSON lines into iterations until the stream ends.
func readEvents(r io.Reader, told chan<- iteration) error {
	var it iteration
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct {
			Time  time.Time
			Type  string
			Event struct {
				Saved                time.Time
				Name, Verdict, Error string
				Stages               []struct {
					Name  string
					Took  time.Duration `json:"took_ns"`
					Parts []struct {
						Name string
						Took time.Duration `json:"took_ns"`
					}
				}
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("read devloop's events: %w: %.200s", err, lines.Bytes())
		}
		switch e.Type {
		case "changed":
			it = iteration{changed: e.Time, saved: e.Event.Saved}
		case "planned":
			if it.planned.IsZero() { // the release's part comes when its image is there
				it.planned = e.Time
			}
		case "stage":
			if e.Event.Name == "apply" {
				it.applied = e.Time
			}
		case "failed":
			it.failures = append(it.failures, e.Event.Error)
		case "done":
			it.done, it.verdict, it.stages = e.Time, e.Event.Verdict, map[string]float64{}
			for _, s := range e.Event.Stages {
				it.stages[s.Name] += s.Took.Seconds()
				for _, p := range s.Parts {
					if p.Name == "context" {
						it.context += p.Took.Seconds()
					}
				}
			}
			told <- it
		}
	}
	return lines.Err()
}

// partNames are the parts of an iteration, one after the other.
var partNames = [...]string{"save to noticed", "noticed to planned", "planned to written", "written to recorded", "recorded to done"}

// parts is how long each part took, by devloop's clock and the observer's.
func (it iteration) parts(saved, written time.Time) []float64 {
	at := []time.Time{saved, it.changed, it.planned, written, it.applied, it.done}
	out := make([]float64, len(partNames))
	for i := range out {
		// Their clocks are the same one, but events carry no monotonic reading.
		out[i] = at[i+1].Round(0).Sub(at[i].Round(0)).Seconds()
	}
	return out
}
