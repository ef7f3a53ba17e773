package experiment

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// stagesOfEvents says that an arm's stages are in devloop's events.
const stagesOfEvents = "events"

// Stage is a part of a trial, by the tool's own words.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // of all its targets together
}

// add adds time to the stage of a name.
func add(stages []Stage, name string, seconds float64) []Stage {
	for i := range stages {
		if stages[i].Name == name {
			stages[i].Seconds += seconds
			return stages
		}
	}
	return append(stages, Stage{name, seconds})
}

// eventsSince reads the iterations that ended after an offset of an events file.
func eventsSince(path string, offset int64) ([]Stage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the arm's events: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the arm's events: %w", err)
	}
	var stages []Stage
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return stages, nil // what has no end yet is of an event that is being written
		}
		if !bytes.Contains(line, []byte(`"type":"done"`)) {
			continue
		}
		var e struct {
			Event struct {
				Stages []struct {
					Name string
					Took time.Duration `json:"took_ns"`
				}
			}
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return stages, fmt.Errorf("read the arm's events: %w", err)
		}
		for _, s := range e.Event.Stages {
			stages = add(stages, s.Name, s.Took.Seconds())
		}
	}
}

// stagesIn finds stages in lines of output.
func stagesIn(output string, line *regexp.Regexp) []Stage {
	var stages []Stage
	for text := range strings.Lines(output) {
		m := line.FindStringSubmatch(strings.TrimRight(text, "\r\n"))
		if m == nil {
			continue
		}
		if seconds, err := strconv.ParseFloat(m[2], 64); err == nil {
			stages = add(stages, m[1], seconds)
		}
	}
	return stages
}

// size of a file; 0 when it is not there.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
