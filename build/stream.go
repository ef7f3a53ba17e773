package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// message is one object of the stream that docker answers a build with.
type message struct {
	Stream string `json:"stream"`
	Status string `json:"status"`
	ID     string `json:"id"`
	Error  string `json:"error"`
	Aux    struct {
		ID string `json:"ID"`
	} `json:"aux"`
	Progress struct {
		Current int64 `json:"current"`
	} `json:"progressDetail"`
}

// reportedError is a failure in docker's words, at the step it was working on.
type reportedError struct{ message string }

func (e *reportedError) Error() string { return e.message }

// stepState is how far a build came.
type stepState struct {
	number int // from 1; 0 before the first step
	text   string
	output string // the last lines the step printed
}

var (
	stepLine = regexp.MustCompile(`^Step (\d+)/(\d+) : (.*)$`)
	// chatter is what the classic builder says about its own containers.
	chatter = regexp.MustCompile(`^( ---> [0-9a-f]*$| ---> Running in |Removing intermediate container |Successfully (built|tagged) )`)
)

// readBuild follows a build to its end. When docker reports a failure the error
// is a *reportedError.
func readBuild(r io.Reader, progress func(Step)) (at stepState, err error) {
	b := &buildLog{progress: progress, lines: &lineWriter{}, now: time.Now}
	b.lines.each = b.line
	dec := json.NewDecoder(r)
	for made := false; ; {
		var m message
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) && made {
			b.lines.end()
			b.close(StepDone)
			return b.state(), nil
		}
		if errors.Is(err, io.EOF) {
			err = errors.New("it ended without an image; was the docker daemon stopped?")
		}
		if err != nil {
			return b.state(), err
		}
		switch {
		case m.Error != "":
			b.lines.end()
			b.close(StepFailed)
			return b.state(), &reportedError{strings.TrimSpace(m.Error)}
		case m.Aux.ID != "":
			made = true
		case m.Stream != "":
			b.lines.Write([]byte(m.Stream))
		case m.Status != "" && m.Progress.Current == 0:
			b.status(m)
		}
	}
}

// buildLog tells the steps of a build from what they print.
type buildLog struct {
	progress func(Step)
	lines    *lineWriter
	at       stepState
	name     string // of the step under way; empty when none is
	began    time.Time
	total    string
	now      func() time.Time
}

func (b *buildLog) line(text string) {
	if number, ok := b.begins(text); ok {
		b.close(StepDone)
		b.at = stepState{number: number, text: stepLine.FindStringSubmatch(text)[3]}
		b.lines.kept = nil
		b.name, b.began = fmt.Sprintf("[%d/%s] %s", number, b.total, b.at.text), b.now()
		b.progress(Step{Name: b.name, State: StepBegan})
		return
	}
	hide := chatter.MatchString(text)
	if text == " ---> Using cache" {
		b.close(StepCached)
		hide = true
	} else if !hide && strings.TrimSpace(text) != "" {
		b.progress(Step{Name: b.name, State: StepPrinted, Output: text})
	}
	if hide {
		b.lines.kept = b.lines.kept[:len(b.lines.kept)-1]
	}
}

// close tells the end of the step under way.
func (b *buildLog) close(state StepState) {
	if b.name == "" {
		return
	}
	s := Step{Name: b.name, State: state, Took: b.now().Sub(b.began)}
	if state == StepCached {
		s.Took = 0
	}
	b.name = ""
	b.progress(s)
}

// begins tells whether a line is the heading of the next step, and not merely
// printed by a step: headings come in order and agree on their total.
func (b *buildLog) begins(text string) (int, bool) {
	m := stepLine.FindStringSubmatch(text)
	if m == nil || b.total != "" && m[2] != b.total {
		return 0, false
	}
	number, err := strconv.Atoi(m[1])
	if err != nil || number != b.at.number+1 {
		return 0, false
	}
	b.total = m[2]
	return number, true
}

// status passes on what happens to a base image that is pulled.
func (b *buildLog) status(m message) {
	text := m.Status
	if m.ID != "" {
		text = m.ID + ": " + text
	}
	b.progress(Step{Name: b.name, State: StepPrinted, Output: text})
}

func (b *buildLog) state() stepState {
	at := b.at
	at.output = b.lines.text()
	return at
}
